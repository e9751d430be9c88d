-- SPDX-License-Identifier: MIT
---@meta

--- The layer types that `network:add` knows: for each its parameters (tensors) and its settings with their defaults.
--- Activations have one to six axes: most often (1, channels, height, width), or (1, units) after a dense layer. Axis 0
--- is the image, and 1; where a network makes something else of it, layers take it as a batch. An axis as a setting counts
--- from 0, or, negative, from the end. A setting of two numbers is {vertical, horizontal}, one number sets both; padding
--- is {top, left, bottom, right}, two numbers are {vertical, horizontal}. Shapes that do not fit raise an error that names
--- the layer and both shapes. Definitions are those of ONNX's operators, where it has them.

--- A weighted sum over a sliding window; the kernel is not flipped. Padding mode "same" is TensorFlow's SAME:
--- ceil(size / stride) outputs, with an odd pixel of padding at the bottom and right; `padding` must then be absent.
---@class ph.layer.convolution: ph.layer_description
---@field weight ph.tensor (outputs, inputs / groups, height, width)
---@field bias ph.tensor? (outputs)
---@field stride integer|integer[]? 1 by default
---@field dilation integer|integer[]? 1 by default
---@field padding integer|integer[]? zeros around the image; 0 by default
---@field padding_mode "explicit"|"same"|nil "explicit" by default
---@field groups integer? groups of channels that do not mix; 1 by default

--- Every unit a weighted sum of the whole input, a vector or an image (channels slowest, columns fastest). Gives
--- (1, units); where axis 0 is n, (n, units).
---@class ph.layer.dense: ph.layer_description
---@field weight ph.tensor (units, inputs)
---@field bias ph.tensor? (units)

--- The greatest value of each window. Padding never wins; of equal values the first receives the gradient.
--- `ceil` rounds the output's size up, as Caffe does: a last window may hang over the end, but must begin inside the
--- image or the padding before it.
---@class ph.layer.max_pool: ph.layer_description
---@field kernel integer|integer[] height and width of the window
---@field stride integer|integer[]? 1 by default
---@field dilation integer|integer[]? from one element of the window to the next; 1 by default
---@field padding integer|integer[]? smaller than the kernel; 0 by default
---@field padding_mode "explicit"|"same"|nil as in a convolution
---@field ceil boolean? false by default

--- The mean of each window: of its part inside the image, or, with `count_pad`, of its part inside the padded image, with
--- zeros in the padding.
---@class ph.layer.average_pool: ph.layer_description
---@field kernel integer|integer[] height and width of the window
---@field stride integer|integer[]? 1 by default
---@field dilation integer|integer[]? from one element of the window to the next; 1 by default
---@field padding integer|integer[]? smaller than the kernel; 0 by default
---@field padding_mode "explicit"|"same"|nil as in a convolution
---@field ceil boolean? as in max_pool; false by default
---@field count_pad boolean? padding counts, as zeros; false by default

--- Each channel's mean over the whole image, of any size. Gives (1, channels, 1, 1).
---@class ph.layer.global_average_pool: ph.layer_description

--- Each channel's greatest value over the whole image, of any size. Gives (1, channels, 1, 1). Of equal values the first
--- receives the gradient.
---@class ph.layer.global_max_pool: ph.layer_description

--- The adjoint of a convolution, as a layer: every input pixel, times the weights, is added to a window of the output,
--- from which padding is cut off. Each side of the output is (size - 1) * stride + (kernel - 1) * dilation + 1 - padding
--- before and after + output_padding.
---@class ph.layer.transposed_convolution: ph.layer_description
---@field weight ph.tensor (inputs, outputs / groups, height, width)
---@field bias ph.tensor? (outputs)
---@field stride integer|integer[]? output pixels from window to window; 1 by default
---@field dilation integer|integer[]? 1 by default
---@field padding integer|integer[]? pixels cut off the output; 0 by default
---@field output_padding integer|integer[]? further pixels at the bottom and the right; 0 by default
---@field groups integer? 1 by default

--- Products of matrices, (…, m, k) times (…, k, n), which the last two axes of both inputs are; axes before them are
--- broadcast as NumPy does. An input of one axis is a row on the left, a column on the right, and loses that axis.
---@class ph.layer.matmul: ph.layer_description
---@field transpose_a boolean? the first input's matrices are (k, m); false by default
---@field transpose_b boolean? the second input's matrices are (n, k); false by default

--- One number from all elements along some axes. "l1" is the sum of absolute values, "l2" the square root of
--- "sum_square", the sum of squares, "log_sum_exp" log(sum of exp(x)). Of equal greatest or least elements the first
--- receives the gradient.
---@class ph.layer.reduce: ph.layer_description
---@field operation "mean"|"sum"|"max"|"min"|"l1"|"l2"|"sum_square"|"log_sum_exp"|nil "mean" by default
---@field axes integer|integer[]? all by default
---@field keep boolean? the axes stay, with length 1; true by default

--- Normalisation by neighbouring channels' energy: y = x / (k + alpha / size * sum of x^2 over the window)^beta
--- (Krizhevsky et al., 2012). As in Caffe, alpha is divided by `size`. TensorFlow's depth_radius r, bias b and alpha a
--- are size = 2r + 1, k = b and alpha = a * size.
---@class ph.layer.local_response_norm: ph.layer_description
---@field size integer? channels in the window, odd; 5 by default
---@field alpha number? 1e-4 by default
---@field beta number? 0.75 by default
---@field k number? 1 by default

--- Batch normalisation as it is once training is over: y = weight * (x - mean) / sqrt(variance + epsilon) + bias.
---@class ph.layer.batch_norm: ph.layer_description
---@field mean ph.tensor (channels)
---@field variance ph.tensor (channels)
---@field weight ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field epsilon number? 1e-5 by default

--- Each channel of each image brought to mean 0 and variance 1 over its pixels: scale * (x - mean) / sqrt(variance +
--- epsilon) + bias (Ulyanov et al., 2016).
---@class ph.layer.instance_norm: ph.layer_description
---@field scale ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field epsilon number? 1e-5 by default

--- As instance_norm, with mean and variance of groups of neighbouring channels (Wu and He, 2018).
---@class ph.layer.group_norm: ph.layer_description
---@field scale ph.tensor? (channels); 1 by default
---@field bias ph.tensor? (channels); 0 by default
---@field groups integer? 1 by default
---@field epsilon number? 1e-5 by default

--- As instance_norm, with mean and variance over all axes from `axis` on, and a scale and a bias for each element of them
--- (Ba et al., 2016).
---@class ph.layer.layer_norm: ph.layer_description
---@field scale ph.tensor? of the shape of those axes; 1 by default
---@field bias ph.tensor? likewise; 0 by default
---@field axis integer? -1 by default
---@field epsilon number? 1e-5 by default

--- max(x, 0). How its gradient is taken, plain, redirected, guided or deconvnet, is an option of `network:forward`.
---@class ph.layer.relu: ph.layer_description

--- x held between two bounds; the upper one wins. With `least` 0 it is a ReLU with a ceiling, as ReLU6, and its gradient
--- can be taken in the same ways as relu's; redirected as in Lucid (redirected_relu6_grad).
---@class ph.layer.clip: ph.layer_description
---@field least number? without one by default
---@field most number? without one by default

--- x, or slope * x where that is negative.
---@class ph.layer.leaky_relu: ph.layer_description
---@field slope number? 0.01 by default

--- x, or slope * x where that is negative, with slopes that were learned.
---@class ph.layer.prelu: ph.layer_description
---@field slope ph.tensor broadcast to the input as NumPy does: (channels, 1, 1) is one for each channel

--- x, or alpha * (exp(x) - 1) where that is negative (Clevert et al., 2016).
---@class ph.layer.elu: ph.layer_description
---@field alpha number? 1 by default

--- x, or alpha * (exp(x / alpha) - 1) where that is negative (Barron, 2017).
---@class ph.layer.celu: ph.layer_description
---@field alpha number? 1 by default

--- gamma times elu (Klambauer et al., 2017).
---@class ph.layer.selu: ph.layer_description
---@field alpha number? 1.67326… by default
---@field gamma number? 1.05070… by default

--- alpha * x + beta, held between 0 and 1.
---@class ph.layer.hard_sigmoid: ph.layer_description
---@field alpha number? 0.2 by default
---@field beta number? 0.5 by default

--- x where it is above the threshold, else 0.
---@class ph.layer.thresholded_relu: ph.layer_description
---@field threshold number? 1 by default

--- x + bias below -threshold, x - bias above threshold, 0 between.
---@class ph.layer.shrink: ph.layer_description
---@field threshold number? 0.5 by default
---@field bias number? 0 by default

--- A function of each element: "abs", "negate", "sign", "floor", "ceil", "round" (halves to even), "square", "sqrt",
--- "reciprocal", "reciprocal_sqrt", "exp", "log", "erf", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh",
--- "tanh", "asinh", "acosh", "atanh", "sigmoid" 1 / (1 + exp(-x)), "softplus" log(1 + exp(x)), "softsign" x / (1 + |x|),
--- "silu" x * sigmoid(x), "hard_swish" x * min(max(x + 3, 0), 6) / 6, "mish" x * tanh(softplus(x)), "gelu" x times the
--- normal distribution up to x, "gelu_tanh" the same by a hyperbolic tangent (Hendrycks and Gimpel, 2016).
---@class ph.layer.unary: ph.layer_description
---@field operation string

--- Two inputs, broadcast as NumPy does, combined element by element: a + b, a - b, a * b, a / b, a to the power b, the
--- greater, the lesser. Of equal elements the first input's receives the gradient.
---@class ph.layer.binary: ph.layer_description
---@field operation "add"|"subtract"|"multiply"|"divide"|"power"|"maximum"|"minimum"

--- Probabilities across channels, or along another axis: exp(x) over its sum.
---@class ph.layer.softmax: ph.layer_description
---@field axis integer? 1 by default
---@field coerced boolean? along all axes from `axis` on, as ONNX before version 13; false by default

--- The logarithm of softmax.
---@class ph.layer.log_softmax: ph.layer_description
---@field axis integer? 1 by default
---@field coerced boolean? as in softmax

--- Up to 64 inputs one after the other along an axis: their channels, where no other is named.
---@class ph.layer.concat: ph.layer_description
---@field axis integer? 1 by default

--- Two to 64 inputs of one shape, added element by element.
---@class ph.layer.sum: ph.layer_description

--- Two to 64 inputs of one shape, multiplied element by element.
---@class ph.layer.product: ph.layer_description

--- Nothing, once training is over; the layer keeps its place and its name.
---@class ph.layer.dropout: ph.layer_description
---@field rate number? as in training; changes nothing

--- Nothing; a further name.
---@class ph.layer.identity: ph.layer_description

--- A tensor of the network's own, without inputs. It has no gradient.
---@class ph.layer.constant: ph.layer_description
---@field value ph.tensor of any shape

--- The same elements in the same order under another shape. A second input may be there for its shape alone.
---@class ph.layer.reshape: ph.layer_description
---@field shape integer[] lengths; 0 takes the input's at that place, one -1 what is left, -2 - k axis k of the last input

--- Two axes: all those before `axis`, and the rest.
---@class ph.layer.flatten: ph.layer_description
---@field axis integer? 1 by default

--- Without axes of length 1.
---@class ph.layer.squeeze: ph.layer_description
---@field axes integer|integer[]? all such axes by default

--- With further axes of length 1.
---@class ph.layer.unsqueeze: ph.layer_description
---@field axes integer|integer[] where they are in the output

--- The axes in another order: axis i of the output is axis axes[i] of the input.
---@class ph.layer.transpose: ph.layer_description
---@field axes integer[]? reversed by default

--- Along some axes, every step-th element from start up to, not including, end, by Python's rules: negative positions
--- count from the end, those beyond it are held to it, a negative step runs backwards.
---@class ph.layer.slice: ph.layer_description
---@field starts integer|integer[]
---@field ends integer|integer[]
---@field axes integer|integer[]? the first axes by default
---@field steps integer|integer[]? 1 by default

--- Along an axis, the elements that are listed. Indices of several axes take the axis's place with all of them.
---@class ph.layer.gather: ph.layer_description
---@field indices ph.tensor whole numbers; negative ones count from the end
---@field axis integer? 0 by default

--- Repeated along axes of length 1, as NumPy broadcasts; axes that the input lacks come first.
---@class ph.layer.expand: ph.layer_description
---@field shape integer[] 1 leaves an axis as it is

--- More elements around the input: a number, the input reflected (its outermost elements are not repeated), or its
--- outermost elements.
---@class ph.layer.pad: ph.layer_description
---@field before integer[] for every axis
---@field after integer[] for every axis
---@field mode "constant"|"reflect"|"edge"|nil "constant" by default
---@field value number? 0 by default

--- Images at another size, ONNX's `Resize` without smoothing: which place of the input an output pixel is
--- (`coordinates`), and what is read there: the nearest pixel, between two, or a cubic through four (Keys, 1981, a = -0.75).
---@class ph.layer.resize: ph.layer_description
---@field scales number[]? for every axis, 1 for the first two; or
---@field sizes integer[]? for every axis
---@field mode "nearest"|"linear"|"cubic"|nil "nearest" by default
---@field coordinates "half_pixel"|"asymmetric"|"align_corners"|"pytorch_half_pixel"|"half_pixel_symmetric"|"tf_half_pixel_for_nn"|nil "half_pixel" by default
---@field rounding "round_prefer_floor"|"round_prefer_ceil"|"floor"|"ceil"|nil of "nearest"; "round_prefer_floor" by default

--- Channels laid out as blocks of pixels: (n, c * block^2, h, w) to (n, c, h * block, w * block).
---@class ph.layer.depth_to_space: ph.layer_description
---@field block integer
---@field order "DCR"|"CRD"|nil whether the place in the block (DCR) or the channel (CRD) is slowest among the input's channels; "DCR" by default

--- Blocks of pixels laid out as channels, the other way round.
---@class ph.layer.space_to_depth: ph.layer_description
---@field block integer
---@field order "DCR"|"CRD"|nil "DCR" by default

--- From a picture, RGB in [0, 1], to what the network was trained on: for channel c of the input,
--- (picture[order(c)] * scale - mean[c]) / deviation[c]. Lists have one number a channel, in the input's order. With a
--- range in the place of the scale, the picture is brought from [0, 1] to it first.
---@class ph.layer.preprocess: ph.layer_description
---@field scale number? 1 by default; 255 for networks trained on bytes
---@field range number[]? what 0 and 1 become, such as { -1, 1 }
---@field mean number[]? zeros by default
---@field deviation number[]? ones by default
---@field order "rgb"|"bgr"|nil channel order of the input; "rgb" by default
