-- SPDX-License-Identifier: MIT
---@meta

---@class phosphene
local ph = {}

--- A new tensor of 1 to 2^44 elements in at most six dimensions: zeros, one value, or a flat list with the last
--- dimension fastest. Images are (n, 3, h, w).
---@param shape integer[] each at least 1; {} makes a scalar
---@param value (number|number[])?
---@return ph.tensor
function ph.tensor(shape, value) end

--- Tensors one after the other along an axis; in all other axes they are alike. Of variables in a `ph.head`, too. Raises
--- for shapes that do not fit, and for an empty list.
---@param list ph.tensor[]
---@param axis integer? 0; from the end where negative
---@return ph.tensor
function ph.concatenate(list, axis) end

--- Tensors of one shape along a new axis: n of (c, h, w) make (n, c, h, w). Of variables in a `ph.head`, too. Raises for
--- shapes that differ, and for an empty list.
---@param list ph.tensor[]
---@param axis integer? 0, where the new axis is in the result; from the end where negative
---@return ph.tensor
function ph.stack(list, axis) end

--- A dense float32 array of fixed shape, last dimension fastest. Images and activations are (n, c, h, w). Coordinates
--- count from 0. Methods that change a tensor return it, so that calls chain.
---
--- `+ - * / ^` and unary minus work element by element on tensors and numbers and give new tensors. Dimensions are
--- broadcast as in NumPy: (1, c, 1, 1) with activations (n, c, h, w).
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

--- The number of elements.
---@return integer
function tensor:count() end

--- One element, by its coordinates, from 0, one for each dimension. For tests and inspection; slow in a loop.
---@param ... integer
---@return number
function tensor:at(...) end

--- Sets one element: its coordinates, from 0, then the value.
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

--- A copy with the same elements in another shape; one dimension may be -1, which is computed from the others. Raises
--- if the number of elements differs.
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

--- Copies the elements of another tensor into this one: of the same shape; with a row's number, one row, or several,
--- (k, …), from that one on, a row being all that is behind axis 0; with a list, a block that begins at these coordinates,
--- as `slice` reads one. Raises for what does not lie inside.
---
---   batch:copy(picture, 3)             -- (1, 3, h, w) or (3, h, w): picture 3 of the batch, counted from 0
---@param source ph.tensor
---@param first (integer|integer[])? from 0
---@return ph.tensor
function tensor:copy(source, first) end

--- Copies images (n, c, h', w') into these (n, c, h, w), with their upper left corner at (y, x), which may be negative;
--- parts outside are cut off.
---@param source ph.tensor
---@param y integer
---@param x integer
---@return ph.tensor
function tensor:paste(source, y, x) end

--- The dot product with another tensor of the same shape, accumulated in double precision.
---@param other ph.tensor
---@return number
function tensor:dot(other) end

--- The sum of all elements, as a number; or over some axes, which are kept with length 1. Accumulated in double
--- precision.
---@param ... integer axes, from 0, or from the end where negative
---@return number|ph.tensor
function tensor:sum(...) end

--- The mean, of all or over some axes.
---@param ... integer axes, from 0, or from the end where negative
---@return number|ph.tensor
function tensor:mean(...) end

--- The maximum, of all or over some axes.
---@param ... integer axes, from 0, or from the end where negative
---@return number|ph.tensor
function tensor:max(...) end

--- The minimum, of all or over some axes.
---@param ... integer axes, from 0, or from the end where negative
---@return number|ph.tensor
function tensor:min(...) end

--- The square root of the sum of squares, of all or over some axes.
---@param ... integer axes, from 0, or from the end where negative
---@return number|ph.tensor
function tensor:norm(...) end

--- |x| of every element.
---@return ph.tensor
function tensor:abs() end

--- e^x of every element.
---@return ph.tensor
function tensor:exp() end

--- The natural logarithm.
---@return ph.tensor
function tensor:log() end

--- The square root of every element.
---@return ph.tensor
function tensor:sqrt() end

--- The sine of every element.
---@return ph.tensor
function tensor:sin() end

--- The cosine of every element.
---@return ph.tensor
function tensor:cos() end

--- The hyperbolic tangent of every element.
---@return ph.tensor
function tensor:tanh() end

--- 1 / (1 + exp(-x)).
---@return ph.tensor
function tensor:sigmoid() end

--- The maximum of x and 0.
---@return ph.tensor
function tensor:relu() end

--- The maximum of two, element by element.
---@param other ph.tensor|number
---@return ph.tensor
function tensor:maximum(other) end

--- The minimum of two, element by element.
---@param other ph.tensor|number
---@return ph.tensor
function tensor:minimum(other) end

--- Every element clipped to [least, most].
---@param least number
---@param most number
---@return ph.tensor
function tensor:clip(least, most) end

--- exp(x) divided by its sum along an axis.
---@param axis integer? 1, the channels
---@return ph.tensor
function tensor:softmax(axis) end

--- One channel, with a second dimension of 1.
---@param unit integer
---@return ph.tensor
function tensor:channel(unit) end

--- The tensor itself; of a variable, its value without a gradient.
---@return ph.tensor
function tensor:constant() end

--- A new tensor: a function of each element.
---@param operation "abs"|"negate"|"sign"|"exp"|"log"|"sqrt"|"sin"|"cos"|"tanh"|"sigmoid"|"relu"
---@return ph.tensor
function tensor:map(operation) end

--- A new tensor: this one combined, element by element, with another tensor or a number, broadcast like the operators.
--- "greater" and "equal" give 1 or 0.
---@param operation "add"|"subtract"|"multiply"|"divide"|"power"|"maximum"|"minimum"|"greater"|"equal"
---@param other ph.tensor|number
---@return ph.tensor
function tensor:combine(operation, other) end

--- The sum, maximum, minimum or mean of the elements along some axes, which are kept with length 1; without axes, of
--- all elements, as a number.
---@param operation "sum"|"max"|"min"|"mean"
---@param axes integer[]? from 0, or from the end where negative
---@return ph.tensor|number
function tensor:reduce(operation, axes) end

--- The largest element of each map (n, c, h, w), as `max(2, 3)` has it, and its place: three tensors (n, c), of values,
--- rows and columns. Of several that are alike, the first, row by row; where some are not numbers (NaN), the first of these
--- is the peak, so that it is seen. Raises for another rank.
---
---   local value, y, x = net:activation("mixed4a"):peaks()
---   print(value:at(0, 61), y:at(0, 61), x:at(0, 61))
---@param of ("max"|"min")? "max"; "min": the smallest
---@return ph.tensor value
---@return ph.tensor y
---@return ph.tensor x
function tensor:peaks(of) end

--- The matrix product of (…, m, k) and (…, k, n). The leading dimensions are broadcast.
---@param other ph.tensor
---@return ph.tensor
function tensor:matmul(other) end

--- A copy with its axes in another order: axis i of the copy is the axis of this tensor that is given at place i + 1, one
--- by one or in a list; without any, the last two are swapped.
---@param ... integer|integer[]
---@return ph.tensor
function tensor:transpose(...) end

--- A copy of `size` elements along an axis, from `first` on. Or of a block along all axes at once, where lists are given:
--- its first element, one coordinate for each axis, and its size.
---@param axis integer|integer[]
---@param first integer|integer[]
---@param size integer? 1
---@return ph.tensor
function tensor:slice(axis, first, size) end

--- A new tensor of zeros with this one copied into it: the adjoint of `slice`.
---@param shape integer[]
---@param start integer[]
---@return ph.tensor
function tensor:place(shape, start) end

--- A copy of the elements at the given indices of an axis, in the order of the indices.
---@param axis integer from 0
---@param indices integer[] from 0
---@return ph.tensor
function tensor:gather(axis, indices) end

--- A new tensor of zeros, of this length along an axis, with these elements added at the indices: the adjoint of
--- `gather`.
---@param axis integer from 0
---@param indices integer[] from 0, one for each element along the axis
---@param length integer
---@return ph.tensor
function tensor:scatter(axis, indices, length) end

--- The Gram matrix of an image's activation, (1, c, h, w) or (c, h, w): a tensor (c, c) of the products of each pair of
--- channels, averaged over positions. `ph.style` compares these.
---@return ph.tensor
function tensor:gram() end

--- Mean, population standard deviation (`deviation`), minimum (`least`) and maximum (`most`) of the finite elements;
--- `not_finite` counts the others.
---@return { mean: number, deviation: number, least: number, most: number, not_finite: integer }
function tensor:statistics() end

--- The largest elements and their coordinates, in descending order. NaNs are left out.
---
--- For example, the most active units of a layer and the likeliest classes:
---   net:forward(photograph, { "mixed4a", "softmax2" })
---   net:activation("mixed4a"):reduce("mean", { 2, 3 }):largest(5)     -- unit: at[2]
---   net:activation("softmax2"):largest(5)                             -- label: net:labels()[at[2] + 1]
---@param count integer? 10
---@return { value: number, at: integer[] }[] # coordinates count from 0
function tensor:largest(count) end

--- All elements as a flat list, last dimension fastest. For tests and small tensors.
---@return number[]
function tensor:values() end

--- Frees the memory at once, before Lua's collector would. Using the tensor afterwards raises.
function tensor:close() end

--- 16 hexadecimal digits that tell a tensor from others, by its shape and all of its numbers.
---@return string
function tensor:fingerprint() end
