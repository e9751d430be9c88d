-- SPDX-License-Identifier: MIT
---@meta

--- A tensor or number that records how it was computed, for automatic differentiation. Functions given to `ph.head`
--- read and compute with variables. `+ - * / ^` and unary minus combine variables, tensors and numbers element by
--- element, broadcast as in NumPy. Axes, units, images and coordinates count from 0; activations are (n, c, h, w).
--- Methods return new variables. Tensors have all of these words, too.
---@class ph.variable
---@operator add(ph.variable|ph.tensor|number): ph.variable
---@operator sub(ph.variable|ph.tensor|number): ph.variable
---@operator mul(ph.variable|ph.tensor|number): ph.variable
---@operator div(ph.variable|ph.tensor|number): ph.variable
---@operator pow(ph.variable|ph.tensor|number): ph.variable
---@operator unm: ph.variable
local variable = {}

--- The sum of all elements, as a number; or over some axes, which are kept with length 1.
---@param ... integer axes
---@return ph.variable
function variable:sum(...) end

--- The mean, of all or over some axes.
---@param ... integer axes
---@return ph.variable
function variable:mean(...) end

--- The maximum, of all or over some axes. Equal maxima share the gradient.
---@param ... integer axes
---@return ph.variable
function variable:max(...) end

--- The minimum, of all or over some axes. Equal minima share the gradient.
---@param ... integer axes
---@return ph.variable
function variable:min(...) end

--- The square root of the sum of squares, of all or over some axes; its gradient is 0 where the norm is 0.
---@param ... integer axes
---@return ph.variable
function variable:norm(...) end

--- The dot product with another variable or tensor.
---@param other ph.variable|ph.tensor
---@return ph.variable
function variable:dot(other) end

--- |x| of every element.
---@return ph.variable
function variable:abs() end

--- e^x of every element.
---@return ph.variable
function variable:exp() end

--- The natural logarithm.
---@return ph.variable
function variable:log() end

--- The square root of every element.
---@return ph.variable
function variable:sqrt() end

--- The sine of every element.
---@return ph.variable
function variable:sin() end

--- The cosine of every element.
---@return ph.variable
function variable:cos() end

--- The hyperbolic tangent of every element.
---@return ph.variable
function variable:tanh() end

--- 1 / (1 + exp(-x)).
---@return ph.variable
function variable:sigmoid() end

--- The maximum of x and 0.
---@return ph.variable
function variable:relu() end

--- The maximum of two, element by element.
---@param other ph.variable|ph.tensor|number
---@return ph.variable
function variable:maximum(other) end

--- The minimum of two, element by element.
---@param other ph.variable|ph.tensor|number
---@return ph.variable
function variable:minimum(other) end

--- Clips every element to [least, most].
---@param least number
---@param most number
---@return ph.variable
function variable:clip(least, most) end

--- exp(x) divided by its sum along an axis.
---@param axis integer? 1, the channels
---@return ph.variable
function variable:softmax(axis) end

--- The matrix product of (…, m, k) and (…, k, n).
---@param other ph.variable|ph.tensor
---@return ph.variable
function variable:matmul(other) end

--- The axes in another order; without arguments, the last two are swapped.
---@param ... integer
---@return ph.variable
function variable:transpose(...) end

--- The same elements in another shape; one dimension may be -1, which is computed from the others.
---@param shape integer[]
---@return ph.variable
function variable:reshape(shape) end

--- `size` elements along an axis, from `first` on.
---@param axis integer
---@param first integer
---@param size integer? 1
---@return ph.variable
function variable:slice(axis, first, size) end

--- The elements at the given indices of an axis, in the order of the indices.
---@param axis integer
---@param indices integer[]
---@return ph.variable
function variable:gather(axis, indices) end

--- One image of the batch.
---@param n integer
---@return ph.variable
function variable:image(n) end

--- One channel.
---@param unit integer
---@return ph.variable
function variable:channel(unit) end

--- One element: a coordinate for each axis.
---@param ... integer
---@return ph.variable
function variable:at(...) end

--- The value without a gradient, as a tensor or a number.
---@return ph.tensor|number
function variable:constant() end

--- Lengths of the dimensions; none for a number.
---@return integer[]
function variable:shape() end
