---@meta

--- The layer types that `network:add` knows: for each its parameters (tensors) and its settings with their defaults.
--- Activations are (1, channels, height, width), or (1, units) after a dense layer. A setting of two numbers is
--- {vertical, horizontal}, one number sets both; padding is {top, left, bottom, right}, two numbers are {vertical,
--- horizontal}. Shapes that do not fit raise an error that names the layer and both shapes.

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
--- (1, units).
---@class ph.layer.dense: ph.layer_description
---@field weight ph.tensor (units, inputs)
---@field bias ph.tensor? (units)

--- The greatest value of each window. Padding never wins; of equal values the first receives the gradient.
--- `ceil` rounds the output's size up, as Caffe does: a last window may hang over the end, but must begin inside the
--- image or the padding before it.
---@class ph.layer.max_pool: ph.layer_description
---@field kernel integer|integer[] height and width of the window
---@field stride integer|integer[]? 1 by default
---@field padding integer|integer[]? smaller than the kernel; 0 by default
---@field padding_mode "explicit"|"same"|nil as in a convolution
---@field ceil boolean? false by default

--- The mean of each window: of its part inside the image, or, with `count_pad`, of the whole window with zeros outside.
---@class ph.layer.average_pool: ph.layer_description
---@field kernel integer|integer[] height and width of the window
---@field stride integer|integer[]? 1 by default
---@field padding integer|integer[]? smaller than the kernel; 0 by default
---@field padding_mode "explicit"|"same"|nil as in a convolution
---@field ceil boolean? as in max_pool; false by default
---@field count_pad boolean? divide by the whole window, padding included; false by default

--- Each channel's mean over the whole image, of any size. Gives (1, channels, 1, 1).
---@class ph.layer.global_average_pool: ph.layer_description

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

--- max(x, 0). How its gradient is taken, plain, redirected, guided or deconvnet, is an option of `network:forward`.
---@class ph.layer.relu: ph.layer_description

--- Probabilities across channels: exp(x) over its sum, at every pixel.
---@class ph.layer.softmax: ph.layer_description

--- The channels of up to 64 inputs, in their order.
---@class ph.layer.concat: ph.layer_description

--- Two to 64 inputs of one shape, added element by element.
---@class ph.layer.sum: ph.layer_description

--- Two to 64 inputs of one shape, multiplied element by element.
---@class ph.layer.product: ph.layer_description

--- Nothing, once training is over; the layer keeps its place and its name.
---@class ph.layer.dropout: ph.layer_description
---@field rate number? as in training; changes nothing

--- From a picture, RGB in [0, 1], to what the network was trained on: for channel c of the input,
--- (picture[order(c)] * scale - mean[c]) / deviation[c]. Lists have one number a channel, in the input's order.
---@class ph.layer.preprocess: ph.layer_description
---@field scale number? 1 by default; 255 for networks trained on bytes
---@field mean number[]? zeros by default
---@field deviation number[]? ones by default
---@field order "rgb"|"bgr"|nil channel order of the input; "rgb" by default
