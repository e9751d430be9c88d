/* SPDX-License-Identifier: MIT */
/* Layers: the nodes of a network. A layer type is one file in layers/, its line in layers/list.h, one test.
   The file gives the type's settings, its output shape, and forward and backward in plain C: the definition
   that every faster backend is checked against, and falls back to.

   A pass handles one image of a batch; the loop over the batch is in network.h. Axis 0 of most activations is
   that image, with length 1; if a network gives it another meaning, it is an axis like any other. */
#ifndef PH_LAYER_H
#define PH_LAYER_H

#include "base/field.h"
#include "network/box.h"
#include "network/layers/list.h"
#include "network/meaning.h"
#include "tensor/loops.h"
#include "tensor/tensor.h"

enum { PH_MAX_PARAMETERS = 5, PH_MAX_INPUTS = 64 };

/* How ReLU's gradient is taken. `plain`: the derivative. `redirected` (Lucid): where the whole image's masked
   gradient is zero, let through what would wake a unit. `guided` (Springenberg et al., 2014): the derivative,
   positive gradients only. `deconvnet` (Zeiler and Fergus, 2014): positive gradients, whatever x was. `open`:
   all of it, as if the layer were linear. `leaky` (lucent's InceptionV1): a tenth of it where x < 0. */
typedef enum ph_relu_mode {
  PH_RELU_PLAIN,
  PH_RELU_REDIRECTED,
  PH_RELU_GUIDED,
  PH_RELU_DECONVNET,
  PH_RELU_OPEN,
  PH_RELU_LEAKY
} ph_relu_mode;
extern const char *const ph_relu_mode_names[]; /* "plain", …, NULL */

/* The slope of `leaky` for inactive units. */
#define PH_RELU_LEAK 0.1F

/* How max_pool's gradient is taken. `plain`: all of it to the maximum. The smooth ones are the gradients of
   two pools that replace the maximum (Lucid): `smooth` of the window's mean, `smooth_l2` of its mean square
   over its mean absolute value, to which 0.01 is added. */
typedef enum ph_pool_mode { PH_POOL_PLAIN, PH_POOL_SMOOTH, PH_POOL_SMOOTH_L2 } ph_pool_mode;
extern const char *const ph_pool_mode_names[]; /* "plain", …, NULL */

/* What an element of a layer's output depends on, besides parameters: anything; what is in the same channel
   of the inputs, which have as many channels; the elements in the same place of the inputs, which are shaped
   as the output is (and on its own value, of which slopes may be made). */
typedef enum ph_reach { PH_REACH_ANYTHING, PH_REACH_CHANNEL, PH_REACH_ELEMENT } ph_reach;

typedef struct ph_layer_type ph_layer_type;

typedef struct ph_layer {
  const ph_layer_type *type;
  char *name;
  int inputs;
  int *input;                              /* indices of earlier layers */
  void *config;                            /* the type's configuration struct */
  ph_tensor *parameter[PH_MAX_PARAMETERS]; /* in the order of the type's names; NULL where absent */
  struct ph_sizing *sizing; /* settings that follow from the picture's size (network.h), or NULL */
} ph_layer;

/* One image's run through one layer. Backward sees inputs and output as forward left them. */
typedef struct ph_pass {
  const ph_array *input;
  ph_array output;
  const float *output_gradient; /* backward only */
  float *const *input_gradient; /* backward adds to these; NULL if it is not needed */
  ph_relu_mode relu_mode;
  ph_pool_mode pool_mode;
} ph_pass;

/* A tensor of the layer's own. */
typedef struct ph_parameter {
  const char *name;
  const char *text; /* for the reference: its shape */
} ph_parameter;

struct ph_layer_type {
  const char *name;
  const char *text;               /* for the reference: definition, shapes, sources; a sentence first */
  int least_inputs, most_inputs;  /* at most PH_MAX_INPUTS */
  const ph_parameter *parameters; /* at most PH_MAX_PARAMETERS, up to one without a name; NULL: none */
  int required_parameters;        /* those from this index on are optional */
  const ph_field *fields;         /* never NULL */
  size_t config_size;             /* may be 0 */

  /* What is true of every layer of the type, for those who run them. */
  ph_reach reach;
  bool source;   /* the output is the picture */
  bool constant; /* the output is parameter 0 */
  bool identity; /* the output is the input as it is */
  bool joins;    /* the output is the inputs, one after the other: ph_concat_axis */
  /* Of types that treat each row of their one input by itself, a row being all from some axis on: that axis,
     0 where the layer's rows end before the last axis. NULL: not such a type. */
  int (*row_axis)(const ph_layer *layer, int rank);

  /* Checks inputs (rank, channels) against configuration and parameters, and gives the output's shape.
     Messages begin with the layer's type and name. The source is given one input, whose height and width are
     the picture's. */
  ph_status (*shape)(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e);
  ph_meaning_rule *meaning; /* what the output's axes mean; NULL: ph_meaning_kept */
  ph_needs_rule *needs; /* what part of the inputs a part of the output depends on; NULL: as `reach` says */
  void (*forward)(const ph_layer *layer, const ph_pass *pass);
  void (*backward)(const ph_layer *layer, const ph_pass *pass);
};

/* The registered type of this name, or NULL. Index i of all types, NULL past the last. */
const ph_layer_type *ph_layer_type_find(const char *name);
const ph_layer_type *ph_layer_type_at(int i);

/* PH_MISUSE with a message that begins with the layer's type and name: "convolution 'conv2d0': …". */
ph_status ph_layer_fail(const ph_layer *layer, ph_error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Failures in that form, naming what was expected and what came: unless the input's shape has this rank;
   unless it has a channel axis, which is axis 1; unless the parameter of this index is absent or has this
   shape. */
ph_status ph_layer_expect_rank(const ph_layer *layer, ph_shape shape, int rank, ph_error *e);
ph_status ph_layer_expect_channels(const ph_layer *layer, ph_shape shape, ph_error *e);
ph_status ph_layer_expect_parameter(const ph_layer *layer, int index, ph_shape shape, ph_error *e);

/* The shape function of types whose output is shaped like their inputs, which must all be alike. */
ph_status ph_layer_same_shape(const ph_layer *layer, const ph_shape *inputs, ph_shape *output, ph_error *e);

/* Runs a single-input type that is written for axis 0 of length 1 along an axis 0 of any length. */
void ph_pass_images(const ph_layer *layer, const ph_pass *pass,
                    void (*run)(const ph_layer *layer, const ph_pass *image));

/* Elements of one channel: of all axes after axis 1, height times width as a rule; 1 where there are none. */
int64_t ph_plane(ph_shape shape);

#define PH_DECLARE_LAYER(name) extern const ph_layer_type ph_layer_##name;
PH_LAYER_TYPES(PH_DECLARE_LAYER)

/* Configurations that more than the layer's own file reads: backends build their primitives from them. */
typedef struct ph_convolution_config {
  int64_t stride[2], dilation[2], padding[4], groups;
  int same; /* index into {"explicit", "same", "same_lower"}: padding computed from the input's size */
} ph_convolution_config;

typedef struct ph_pool_config {
  int64_t kernel[2], stride[2], padding[4];
  int64_t dilation[2];
  int same;  /* as above */
  bool ceil; /* round output sizes up (Caffe); windows that would begin past the image's end are dropped */
  bool count_pad; /* average only: divide by the window with its padding, not by the part inside the image */
} ph_pool_config;

typedef struct ph_matmul_config {
  bool transpose_a, transpose_b;
} ph_matmul_config;

typedef struct ph_lrn_config {
  int64_t size;          /* window across channels, centred */
  double alpha, beta, k; /* y = x / (k + alpha / size * sum of squares)^beta */
} ph_lrn_config;

typedef struct ph_preprocess_config {
  double scale;            /* input = (picture * scale - mean) / deviation */
  ph_list range;           /* what the picture's 0 and 1 become before that; empty: 0 and scale */
  ph_list mean, deviation; /* per channel of the input's order; empty: 0 and 1 */
  int order;               /* index into {"rgb", "bgr"} */
} ph_preprocess_config;

/* 1 for layers that are not convolutions. */
int64_t ph_convolution_groups(const ph_layer *layer);

/* The axis along which a concat's inputs follow each other, for inputs of this rank. */
int ph_concat_axis(const ph_layer *layer, int rank);

/* Window geometry as it is for this input (h, w): resolves SAME and ceil. Padding is (top, left, bottom,
   right); with ceil, bottom and right are enlarged to what the last window needs, by `hang`. */
typedef struct ph_window {
  int64_t kernel[2], stride[2], dilation[2], padding[4], output[2], hang[2];
} ph_window;
ph_status ph_convolution_window(const ph_layer *layer, ph_shape input, ph_window *window, ph_error *e);
ph_status ph_pool_window(const ph_layer *layer, ph_shape input, ph_window *window, ph_error *e);

/* How many elements of the window of output `at` lie inside an image of `size` or in its padding, without
   what hangs over beyond that. Axis 0 is vertical. */
int64_t ph_window_counted(const ph_window *window, int axis, int64_t at, int64_t size);

/* matmul's products, each (rows, inner) times (inner, columns), and where their matrices lie: the loops's
   array 0 is the output, 1 and 2 are the inputs. A turned matrix lies with its rows and columns exchanged.
   PH_MISUSE where the shapes do not fit. */
typedef struct ph_products {
  int64_t rows, inner, columns;
  bool turned[2];
  ph_shape batch;
  ph_loops loops;
} ph_products;
ph_status ph_matmul_products(const ph_layer *layer, const ph_shape *inputs, ph_products *products,
                             ph_error *e);

/* Whether the layer is a binary with the operation of this name. */
bool ph_binary_is(const ph_layer *layer, const char *operation);

/* batch_norm as what it computes: y = scale * x + shift for each of `channels` channels. PH_MISUSE where the
   parameters do not fit that count or a variance plus epsilon is not positive. */
ph_status ph_batch_norm_affine(const ph_layer *layer, int64_t channels, float *scale, float *shift,
                               ph_error *e);

#endif
