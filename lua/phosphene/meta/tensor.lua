-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- A new tensor of 1 to 2^44 elements in at most six dimensions: zeros, or all of one value, or from a flat list with the
--- last dimension fastest. Images are (n, 3, h, w).
---@param shape integer[] each at least 1; {} is a single number
---@param value (number|number[])?
---@return ph.tensor
function ph.tensor(shape, value) end

--- A dense float32 array of fixed shape, last dimension fastest. Images and activations are (n, c, h, w). Coordinates
--- count from 0. Methods that change a tensor return it, so that calls chain.
---
--- `+ - * / ^` and unary minus make new tensors, element by element, of tensors and numbers. Dimensions of 1, and those
--- missing in front, are repeated as needed, as in NumPy: channels (1, c, 1, 1) go with activations (n, c, h, w).
---@class ph.tensor
---@operator add(ph.tensor|number): ph.tensor
---@operator sub(ph.tensor|number): ph.tensor
---@operator mul(ph.tensor|number): ph.tensor
---@operator div(ph.tensor|number): ph.tensor
---@operator pow(ph.tensor|number): ph.tensor
---@operator unm: ph.tensor
local tensor = {}

--- Lengths of the dimensions.
---@return integer[]
function tensor:shape() end

--- How many elements there are.
---@return integer
function tensor:count() end

--- One element: as many coordinates as there are dimensions, each from 0. For tests and looking; slow in a loop.
---@param ... integer
---@return number
function tensor:at(...) end

--- Changes one element: its coordinates, from 0, then the value.
---@param ... number
---@return ph.tensor
function tensor:set(...) end

--- A copy.
---@return ph.tensor
function tensor:clone() end

--- A copy of image `n` of a batch (from 0), with a first dimension of 1.
---@param n integer
---@return ph.tensor
function tensor:image(n) end

--- A copy with the same elements in another shape, of which one dimension may be -1: what the others leave. Raises where
--- the number of elements differs.
---@param shape integer[]
---@return ph.tensor
function tensor:reshape(shape) end

--- Sets every element.
---@param value number
---@return ph.tensor
function tensor:fill(value) end

--- Multiplies every element.
---@param factor number
---@return ph.tensor
function tensor:scale(factor) end

--- Adds `factor` times another tensor of the same shape.
---@param other ph.tensor
---@param factor number? 1
---@return ph.tensor
function tensor:add(other, factor) end

--- Multiplies by another tensor of the same shape, element by element.
---@param other ph.tensor
---@return ph.tensor
function tensor:multiply(other) end

--- Takes over the elements of another tensor of the same shape.
---@param source ph.tensor
---@return ph.tensor
function tensor:copy(source) end

--- Lays images (n, c, h', w') into these (n, c, h, w), their upper left corner at (y, x), which may be negative; what falls
--- outside is left out.
---@param source ph.tensor
---@param y integer
---@param x integer
---@return ph.tensor
function tensor:paste(source, y, x) end

--- The sum of products with another tensor of the same shape, accumulated in double.
---@param other ph.tensor
---@return number
function tensor:dot(other) end

--- The sum of all elements, accumulated in double.
---@return number
function tensor:sum() end

--- A new tensor of a function of every element.
---@param operation "abs"|"negate"|"sign"|"exp"|"log"|"sqrt"|"sin"|"cos"|"tanh"|"sigmoid"|"relu"
---@return ph.tensor
function tensor:map(operation) end

--- A new tensor, element by element, of this and another one or a number; repeated where dimensions are 1 or missing. Also
--- what operators do. "greater" and "equal" give 1 and 0.
---@param operation "add"|"subtract"|"multiply"|"divide"|"power"|"maximum"|"minimum"|"greater"|"equal"
---@param other ph.tensor|number
---@return ph.tensor
function tensor:combine(operation, other) end

--- The sum, greatest, least or mean of the elements along some axes, which remain with length 1; of all, as a number,
--- without axes.
---@param operation "sum"|"max"|"min"|"mean"
---@param axes integer[]? from 0, or from the end where negative
---@return ph.tensor|number
function tensor:reduce(operation, axes) end

--- The product of matrices: (…, m, k) by (…, k, n). What leads is repeated as needed.
---@param other ph.tensor
---@return ph.tensor
function tensor:matmul(other) end

--- A copy with its axes in another order.
---@param axes integer[]? axis i of the copy is axis axes[i + 1] of this; by default the last two change places
---@return ph.tensor
function tensor:transpose(axes) end

--- A copy of a block.
---@param start integer[] where it begins, a number from 0 for each axis
---@param size integer[]
---@return ph.tensor
function tensor:slice(start, size) end

--- A new tensor of zeros with this one laid into it: what goes back from a slice.
---@param shape integer[]
---@param start integer[]
---@return ph.tensor
function tensor:place(shape, start) end

--- A copy of the elements at some indices of an axis, in this order.
---@param axis integer from 0
---@param indices integer[] from 0
---@return ph.tensor
function tensor:gather(axis, indices) end

--- A new tensor of zeros, `length` along an axis, to which these elements are added at the indices: what goes back from
--- gather.
---@param axis integer from 0
---@param indices integer[] from 0, one for each element along the axis
---@param length integer
---@return ph.tensor
function tensor:scatter(axis, indices, length) end

--- The Gram matrix of an image's activation, (1, c, h, w) or (c, h, w): a tensor (c, c) of the channels' products among
--- each other, means over the positions. What `ph.style` compares.
---@return ph.tensor
function tensor:gram() end

--- Mean, deviation (of the population), least and most of the finite elements; `not_finite` counts the others.
---@return { mean: number, deviation: number, least: number, most: number, not_finite: integer }
function tensor:statistics() end

--- The greatest elements, the greatest first, and where they are. Those that are not numbers are left out.
---
--- Which units of a layer answer most, which classes are likeliest:
---   net:forward(photograph, { "mixed4a", "softmax2" })
---   net:activation("mixed4a"):reduce("mean", { 2, 3 }):largest(5)     -- unit: at[2]
---   net:activation("softmax2"):largest(5)                             -- label: net:labels()[at[2] + 1]
---@param count integer? 10
---@return { value: number, at: integer[] }[] # coordinates count from 0
function tensor:largest(count) end

--- All elements as a flat list, last dimension fastest. For tests and small tensors.
---@return number[]
function tensor:values() end

--- Gives the memory back at once instead of when Lua collects it. Using the tensor afterwards raises.
function tensor:close() end
