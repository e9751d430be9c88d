-- SPDX-License-Identifier: MIT
-- Written by `make docs` from what the types in src/core say.
---@meta

--- From a picture, RGB in [0, 1], to what the network was trained on: for channel c of the input, (picture[order(c)]
--- * scale - mean[c]) / deviation[c]. Lists have one number a channel, in the input's order. With a range in the
--- place of the scale, the picture is brought from [0, 1] to it first.
---@class ph.layer.preprocess: ph.layer_description
---@field scale number? factor on the picture's values: 255 for networks trained on bytes; by default 1
---@field range number|number[]? what 0 and 1 become before mean and deviation, such as { -1, 1 }, instead of a scale
---@field mean number|number[]? subtracted after scaling; one number a channel, in the input's order; zeros by default
---@field deviation number|number[]? divided by at the end, from 1e-6; one number a channel, in the input's order;
--- ones by default
---@field order "rgb"|"bgr"|nil order of the input's channels; by default "rgb"

--- A weighted sum over a sliding window; the kernel is not flipped. Padding mode "same" is TensorFlow's SAME:
--- ceil(size / stride) outputs, with an odd pixel of padding at the bottom and right; `padding` must then be absent.
---@class ph.layer.convolution: ph.layer_description
---@field weight ph.tensor (outputs, inputs / groups, height, width)
---@field bias ph.tensor? (outputs)
---@field stride integer|integer[]? pixels from window to window, 1 to 65536; by default 1
---@field dilation integer|integer[]? pixels from weight to weight, 1 to 65536; by default 1
---@field padding integer|integer[]? zeros around the image: top, left, bottom, right, 0 to 65536; by default 0
---@field padding_mode "explicit"|"same"|"same_lower"|nil 'same', 'same_lower': computed from the input's size; by
--- default "explicit"
---@field groups integer? groups of channels that do not mix, 1 to 65536; by default 1

--- Every unit a weighted sum of the whole input, a vector or an image (channels slowest, columns fastest). Gives (1,
--- units); where axis 0 is n, (n, units).
---@class ph.layer.dense: ph.layer_description
---@field weight ph.tensor (units, inputs)
---@field bias ph.tensor? (units)

--- The largest value of each window. Padding never wins; of equal values the first receives the gradient. `ceil`
--- rounds the output's size up, as Caffe does: a last window may hang over the end, but must begin inside the image
--- or the padding before it.
---@class ph.layer.max_pool: ph.layer_description
---@field kernel integer|integer[] height and width of the window, 1 to 65536
---@field stride integer|integer[]? pixels from window to window, 1 to 65536; by default 1
---@field dilation integer|integer[]? pixels from one to the next within a window, 1 to 65536; by default 1
---@field padding integer|integer[]? around the image, smaller than the kernel: top, left, bottom, right, 0 to 65536;
--- by default 0
---@field padding_mode "explicit"|"same"|"same_lower"|nil 'same', 'same_lower': computed from the input's size; by
--- default "explicit"
---@field ceil boolean? round the output's size up, as Caffe does; by default false

--- The mean of each window: of its part inside the image, or, with `count_pad`, of its part inside the padded image,
--- with zeros in the padding.
---@class ph.layer.average_pool: ph.layer_description
---@field count_pad boolean? divide by the window with its padding; by default false
---@field kernel integer|integer[] height and width of the window, 1 to 65536
---@field stride integer|integer[]? pixels from window to window, 1 to 65536; by default 1
---@field dilation integer|integer[]? pixels from one to the next within a window, 1 to 65536; by default 1
---@field padding integer|integer[]? around the image, smaller than the kernel: top, left, bottom, right, 0 to 65536;
--- by default 0
---@field padding_mode "explicit"|"same"|"same_lower"|nil 'same', 'same_lower': computed from the input's size; by
--- default "explicit"
---@field ceil boolean? round the output's size up, as Caffe does; by default false

--- Batch normalisation as it is once training is over: y = weight * (x - mean) / sqrt(variance + epsilon) + bias.
---@class ph.layer.batch_norm: ph.layer_description
---@field mean ph.tensor (channels)
---@field variance ph.tensor (channels)
---@field weight ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field epsilon number? added to the variance, 0 to 1; by default 1e-5

--- Each channel's mean over the whole image, of any size. Gives (1, channels, 1, 1).
---@class ph.layer.global_average_pool: ph.layer_description

--- max(x, 0). How its gradient is taken, plain, redirected, guided or deconvnet, is an option of `network:forward`.
---@class ph.layer.relu: ph.layer_description

--- Normalisation by neighbouring channels' energy: y = x / (k + alpha / size * sum of x^2 over the window)^beta
--- (Krizhevsky et al., 2012). As in Caffe, alpha is divided by `size`. TensorFlow's depth_radius r, bias b and alpha
--- a are size = 2r + 1, k = b and alpha = a * size.
---@class ph.layer.local_response_norm: ph.layer_description
---@field size integer? channels in the window, 1 to 65535; odd; by default 5
---@field alpha number? weight of the window's mean square, from 0; by default 0.0001
---@field beta number? the power, 0 to 100; by default 0.75
---@field k number? added to the mean square, from 1e-6; by default 1

--- Probabilities across channels, or along another axis: exp(x) over its sum.
---@class ph.layer.softmax: ph.layer_description
---@field axis integer? along which the probabilities sum to 1, -6 to 5; by default 1
---@field coerced boolean? along all axes from `axis` on, as ONNX before version 13; by default false

--- Up to 64 inputs one after the other along an axis: their channels, where no other is named.
---@class ph.layer.concat: ph.layer_description
---@field axis integer? along which they follow each other, -6 to 5; by default 1

--- Two to 64 inputs of one shape, added element by element.
---@class ph.layer.sum: ph.layer_description

--- Two to 64 inputs of one shape, multiplied element by element.
---@class ph.layer.product: ph.layer_description

--- Nothing, once training is over; the layer keeps its place and its name.
---@class ph.layer.dropout: ph.layer_description
---@field rate number? as in training, 0 to 1; changes nothing here; by default 0.5

--- A tensor of the network's own, without inputs. It has no gradient.
---@class ph.layer.constant: ph.layer_description
---@field value ph.tensor of any shape

--- Numbers that are evenly spaced, without inputs. They have no gradient.
---@class ph.layer.range: ph.layer_description
---@field start number? the first number; by default 0
---@field step number? from number to number; by default 1
---@field count integer? how many there are, from 1; by default 1

--- A function of each element: "abs", "negate", "sign", "floor", "ceil", "round" (halves to even), "square", "sqrt",
--- "reciprocal", "reciprocal_sqrt", "exp", "log", "erf", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
--- "tanh", "asinh", "acosh", "atanh", "sigmoid" 1 / (1 + exp(-x)), "softplus" log(1 + exp(x)), "softsign" x / (1 +
--- |x|), "silu" x * sigmoid(x), "hard_swish" x * min(max(x + 3, 0), 6) / 6, "mish" x * tanh(softplus(x)), "gelu" x
--- times the normal distribution up to x, "gelu_tanh" the same by a hyperbolic tangent (Hendrycks and Gimpel, 2016).
---@class ph.layer.unary: ph.layer_description
---@field operation "abs"|"negate"|"sign"|"floor"|"ceil"|"round"|"square"|"sqrt"|"reciprocal"|"reciprocal_sqrt"|"exp"|"log"|"erf"|"sin"|"cos"|"tan"|"asin"|"acos"|"atan"|"sinh"|"cosh"|"tanh"|"asinh"|"acosh"|"atanh"|"sigmoid"|"softplus"|"softsign"|"silu"|"hard_swish"|"mish"|"gelu"|"gelu_tanh"
--- the function

--- x, or slope * x where that is negative.
---@class ph.layer.leaky_relu: ph.layer_description
---@field slope number? below 0; by default 0.01

--- x, or slope * x where that is negative, with slopes that were learned.
---@class ph.layer.prelu: ph.layer_description
---@field slope ph.tensor broadcast to the input as NumPy does: (channels, 1, 1) is one for each channel

--- x, or alpha * (exp(x) - 1) where that is negative (Clevert et al., 2016).
---@class ph.layer.elu: ph.layer_description
---@field alpha number? minus the value far below 0; by default 1

--- x, or alpha * (exp(x / alpha) - 1) where that is negative (Barron, 2017).
---@class ph.layer.celu: ph.layer_description
---@field alpha number? minus the value far below 0, from 1e-6; by default 1

--- gamma times elu (Klambauer et al., 2017).
---@class ph.layer.selu: ph.layer_description
---@field alpha number? as elu's; by default 1.673263192
---@field gamma number? factor on all; by default 1.050701022

--- alpha * x + beta, held between 0 and 1.
---@class ph.layer.hard_sigmoid: ph.layer_description
---@field alpha number? slope between 0 and 1; by default 0.2
---@field beta number? value at 0; by default 0.5

--- x where it is above the threshold, else 0.
---@class ph.layer.thresholded_relu: ph.layer_description
---@field threshold number? what is not above becomes 0; by default 1

--- x + bias below -threshold, x - bias above threshold, 0 between.
---@class ph.layer.shrink: ph.layer_description
---@field threshold number? what is not further from 0 becomes 0, from 0; by default 0.5
---@field bias number? how far the others move towards 0; by default 0

--- x held between two bounds; the upper one wins. With `least` 0 it is a ReLU with a ceiling, as ReLU6, and its
--- gradient can be taken in the same ways as relu's; redirected as in Lucid (redirected_relu6_grad).
---@class ph.layer.clip: ph.layer_description
---@field least number? what is below becomes this; without such a bound by default
---@field most number? what is above becomes this; without such a bound by default

--- Two inputs, broadcast as NumPy does, combined element by element: a + b, a - b, a * b, a / b, a to the power b,
--- the greater, the lesser. Of equal elements the first input's receives the gradient.
---@class ph.layer.binary: ph.layer_description
---@field operation "add"|"subtract"|"multiply"|"divide"|"power"|"maximum"|"minimum"|"modulo"|"remainder"|"less"|"equal"
--- the function

--- Products of matrices, (…, m, k) times (…, k, n), which the last two axes of both inputs are; axes before them are
--- broadcast as NumPy does. An input of one axis is a row on the left, a column on the right, and loses that axis.
---@class ph.layer.matmul: ph.layer_description
---@field transpose_a boolean? the first input's matrices are (k, m); by default false
---@field transpose_b boolean? the second input's matrices are (n, k); by default false

--- One number from all elements along some axes. "l1" is the sum of absolute values, "l2" the square root of
--- "sum_square", the sum of squares, "log_sum_exp" log(sum of exp(x)), "product" all of them multiplied. Of equal
--- largest or smallest elements the first receives the gradient.
---@class ph.layer.reduce: ph.layer_description
---@field operation "mean"|"sum"|"max"|"min"|"l1"|"l2"|"sum_square"|"log_sum_exp"|"product"|nil what is made of them;
--- by default "mean"
---@field axes integer|integer[]? along which axes, -6 to 5; all of them by default
---@field keep boolean? the axes stay, with length 1; by default true

--- The logarithm of softmax.
---@class ph.layer.log_softmax: ph.layer_description
---@field axis integer? along which the probabilities sum to 1, -6 to 5; by default 1
---@field coerced boolean? along all axes from `axis` on, as ONNX before version 13; by default false

--- Each channel's largest value over the whole image, of any size. Gives (1, channels, 1, 1). Of equal values the
--- first receives the gradient.
---@class ph.layer.global_max_pool: ph.layer_description

--- The adjoint of a convolution, as a layer: every input pixel, times the weights, is added to a window of the
--- output, from which padding is cut off. Each side of the output is (size - 1) * stride + (kernel - 1) * dilation +
--- 1 - padding before and after + output_padding.
---@class ph.layer.transposed_convolution: ph.layer_description
---@field weight ph.tensor (inputs, outputs / groups, height, width)
---@field bias ph.tensor? (outputs)
---@field stride integer|integer[]? output pixels from window to window, 1 to 65536; by default 1
---@field dilation integer|integer[]? pixels from weight to weight, 1 to 65536; by default 1
---@field padding integer|integer[]? pixels cut off the output: top, left, bottom, right, 0 to 65536; by default 0
---@field output_padding integer|integer[]? further pixels at the output's bottom and right, 0 to 65536; by default 0
---@field groups integer? groups of channels that do not mix, 1 to 65536; by default 1

--- Each channel of each image brought to mean 0 and variance 1 over its pixels: scale * (x - mean) / sqrt(variance +
--- epsilon) + bias (Ulyanov et al., 2016).
---@class ph.layer.instance_norm: ph.layer_description
---@field scale ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field epsilon number? added to the variance, 0 to 1; by default 1e-5

--- As instance_norm, with mean and variance of groups of neighbouring channels (Wu and He, 2018).
---@class ph.layer.group_norm: ph.layer_description
---@field scale ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field epsilon number? added to the variance, 0 to 1; by default 1e-5
---@field groups integer? of channels, alike in size, 1 to 65536; by default 1

--- As instance_norm, with mean and variance over all axes from `axis` on, and a scale and a bias for each element of
--- them (Ba et al., 2016).
---@class ph.layer.layer_norm: ph.layer_description
---@field scale ph.tensor? of the shape of those axes; 1 by default
---@field bias ph.tensor? likewise; 0 by default
---@field epsilon number? added to the variance, 0 to 1; by default 1e-5
---@field axis integer? the first of the axes that are normalised over, -6 to 5; by default -1

--- The same elements in the same order under another shape.
---@class ph.layer.reshape: ph.layer_description
---@field shape integer|integer[] the lengths, from -1; 0 takes the input's at that place, one -1 what is left

--- Two axes: all those before `axis`, and the rest.
---@class ph.layer.flatten: ph.layer_description
---@field axis integer? the first axis of the second of two, -6 to 6; by default 1

--- Without axes of length 1.
---@class ph.layer.squeeze: ph.layer_description
---@field axes integer|integer[]? which axes, of length 1, go, -6 to 5; all of them by default

--- With further axes of length 1.
---@class ph.layer.unsqueeze: ph.layer_description
---@field axes integer|integer[] which axes of the output are new, of length 1, -6 to 5

--- Nothing; a further name.
---@class ph.layer.identity: ph.layer_description

--- The axes in another order: axis i of the output is axis axes[i] of the input.
---@class ph.layer.transpose: ph.layer_description
---@field axes integer|integer[]? the input's axes in the output's order, -6 to 5; reversed by default

--- Along some axes, every step-th element from start up to, not including, end, by Python's rules: negative positions
--- count from the end, those beyond it are held to it, a negative step runs backwards.
---@class ph.layer.slice: ph.layer_description
---@field axes integer|integer[]? which axes, -6 to 5; the first ones by default
---@field starts integer|integer[] the first element of each
---@field ends integer|integer[] the one past the last of each
---@field steps integer|integer[]? from element to element; 1 by default

--- The part of the first input that is as large as the second, which is there for its shape alone, along all axes
--- from one on, as Caffe's `Crop`. The second gets no gradient.
---@class ph.layer.crop: ph.layer_description
---@field axis integer? the first axis that is cut, -6 to 5; by default 2
---@field offsets integer|integer[]? where the part begins along each, or along all of them, from 0; 0 by default

--- Along an axis, the elements that are listed. Indices of several axes take the axis's place with all of them.
---@class ph.layer.gather: ph.layer_description
---@field indices ph.tensor whole numbers; negative ones count from the end
---@field axis integer? along which the indices count, -6 to 5; by default 0

--- The largest elements along an axis, or the smallest, in order. Of equal ones the first comes first. Raises where
--- there are fewer.
---@class ph.layer.top_k: ph.layer_description
---@field count integer? how many, from 1; by default 1
---@field axis integer? along which they are chosen, -6 to 5; by default -1
---@field smallest boolean? the smallest, not the largest; by default false

--- Repeated along axes of length 1, as NumPy broadcasts; axes that the input lacks come first.
---@class ph.layer.expand: ph.layer_description
---@field shape integer|integer[] the lengths to broadcast to, from 1; 1 leaves an axis as it is

--- More elements around the input: a number, the input reflected (its outermost elements are not repeated), or its
--- outermost elements.
---@class ph.layer.pad: ph.layer_description
---@field before integer|integer[] elements before the first of each axis; if negative, as many are cut off
---@field after integer|integer[] elements after the last of each axis, likewise
---@field mode "constant"|"edge"|"reflect"|nil what they are: the value, the outermost element, the input reflected;
--- by default "constant"
---@field value number? of a constant border; by default 0

--- Images at another size, ONNX's `Resize` without smoothing: which place of the input an output pixel is
--- (`coordinates`), and what is read there: the nearest pixel, between two, or a cubic through four (Keys, 1981, a =
--- -0.75).
---@class ph.layer.resize: ph.layer_description
---@field mode "nearest"|"linear"|"cubic"|nil what is read between pixels; by default "nearest"
---@field scales number|number[]? the output's size over the input's, for every axis, 0.0001 to 10000; 1 for images
--- and channels
---@field sizes number|number[]? or the output's size, for every axis, from 1
---@field coordinates "half_pixel"|"asymmetric"|"align_corners"|"pytorch_half_pixel"|"half_pixel_symmetric"|"tf_half_pixel_for_nn"|nil
--- where output pixels lie in the input; by default "half_pixel"
---@field rounding "round_prefer_floor"|"round_prefer_ceil"|"floor"|"ceil"|nil nearest: to which pixel; by default
--- "round_prefer_floor"

--- Channels laid out as blocks of pixels: (n, c * block^2, h, w) to (n, c, h * block, w * block).
---@class ph.layer.depth_to_space: ph.layer_description
---@field block integer side of the squares, pixels, 1 to 1024
---@field order "DCR"|"CRD"|nil whether the place in the block (DCR) or the channel (CRD) is slowest among the
--- channels of depth; by default "DCR"

--- Blocks of pixels laid out as channels, the other way round.
---@class ph.layer.space_to_depth: ph.layer_description
---@field block integer side of the squares, pixels, 1 to 1024
---@field order "DCR"|"CRD"|nil whether the place in the block (DCR) or the channel (CRD) is slowest among the
--- channels of depth; by default "DCR"
