/* SPDX-License-Identifier: MIT */
/* Penalties that compare a picture with its blurred self. The kernel is 1 within and 0.5 on its border, so
   half a box of radius r plus half a box of radius r - 1; at the picture's edge it is normalised by what lies
   inside.

   blur: 0.5 * sum (x - b)^2, where b is blur(x) held constant, so that ascending -k * blur() takes every step
   towards (1 - k) x + k blur(x). boundary_complexity: how busy and how far from grey a frame around the
   picture is. Both are positive; recipes subtract them. blur_alpha is the blur of the picture's opacity
   alone. Definitions: Lucid 0.3.10, objectives.py. */
#include "objective/head.h"
#include "opacity.h"

/* ---- the kernel ---- */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

/* A box around (y, x), cut at the edges. */
typedef struct box {
  int64_t top, bottom, left, right; /* inclusive */
} box;

static box box_at(const ph_tap *tap, int64_t y, int64_t x, int64_t radius) {
  return (box){most(y - radius, 0), least(y + radius, tap->h - 1), most(x - radius, 0),
               least(x + radius, tap->w - 1)};
}

static double box_sum(box b, const double *plane, int64_t pitch) {
  double sum = 0;
  for (int64_t i = b.top; i <= b.bottom; i++)
    for (int64_t j = b.left; j <= b.right; j++) sum += plane[i * pitch + j];
  return sum;
}

static double box_count(box b) { return (double)((b.bottom - b.top + 1) * (b.right - b.left + 1)); }

/* Twice the kernel's weighted sum around element i, and twice the sum of its weights there. */
static double weighted_sum(const double *plane, const ph_tap *tap, int64_t i, int64_t radius) {
  int64_t y = i / tap->w, x = i % tap->w;
  return box_sum(box_at(tap, y, x, radius), plane, tap->w) +
         box_sum(box_at(tap, y, x, radius - 1), plane, tap->w);
}

static double weight_at(const ph_tap *tap, int64_t i, int64_t radius) {
  int64_t y = i / tap->w, x = i % tap->w;
  return box_count(box_at(tap, y, x, radius)) + box_count(box_at(tap, y, x, radius - 1));
}

/* Scratch: one plane in double precision, then blur(x) - x of every plane. */
static int64_t scratch(const ph_head *head, const ph_tap *tap) {
  (void)head;
  return (1 + tap->n * tap->c) * tap->h * tap->w;
}

static double *residuals_of(const ph_tap *tap) { return tap->scratch + tap->h * tap->w; }

static void find_residuals(const ph_tap *tap, int64_t radius) {
  int64_t area = tap->h * tap->w;
  double *plane = tap->scratch;
  for (int64_t p = 0; p < tap->n * tap->c; p++) {
    double *residual = residuals_of(tap) + p * area;
    for (int64_t i = 0; i < area; i++) plane[i] = (double)tap->activation[p * area + i];
    for (int64_t i = 0; i < area; i++)
      residual[i] = weighted_sum(plane, tap, i, radius) / weight_at(tap, i, radius) - plane[i];
  }
}

/* ---- blur, blur_alpha ---- */

static const ph_field blur_fields[] = {PH_PICTURE_PLACE, {0}};

/* Whether a plane, of all images' channels, is blurred. */
static bool is_blurred(const ph_head *head, const ph_tap *tap, int64_t plane) {
  return head->type != &ph_head_blur_alpha || plane % tap->c == PH_OPACITY_CHANNEL;
}

static double blur_value(const ph_head *head, const ph_tap *tap) {
  int64_t area = tap->h * tap->w;
  double sum = 0;
  find_residuals(tap, 1);
  for (int64_t p = 0; p < tap->n * tap->c; p++) {
    const double *residual = residuals_of(tap) + p * area;
    if (!is_blurred(head, tap, p)) continue;
    for (int64_t i = 0; i < area; i++) sum += residual[i] * residual[i];
  }
  return 0.5 * sum;
}

static void blur_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  int64_t area = tap->h * tap->w;
  for (int64_t p = 0; p < tap->n * tap->c; p++) {
    const double *residual = residuals_of(tap) + p * area;
    if (!is_blurred(head, tap, p)) continue;
    for (int64_t i = 0; i < area; i++) tap->gradient[p * area + i] -= (float)(coefficient * residual[i]);
  }
}

const ph_head_type ph_head_blur = {
    .name = "blur",
    .text = "0.5 sum (x - b)^2, where b is the blurred picture (3x3: centre 1, border 0.5, over their sum) "
            "held constant: subtracting k times this takes each step towards (1 - k) x + k b. (Lucid's "
            "blur_input_each_step.)",
    .layer = ph_picture_name,
    .fields = blur_fields,
    .config_size = sizeof(ph_head_place),
    .scratch = scratch,
    .value = blur_value,
    .gradient = blur_gradient,
};

const ph_head_type ph_head_blur_alpha = {
    .name = "blur_alpha",
    .text = "`ph.blur` of the picture's opacity alone. (Lucid's blur_alpha_each_step.)",
    .layer = ph_picture_name,
    .fields = blur_fields,
    .config_size = sizeof(ph_head_place),
    .fit = ph_opacity_fit,
    .scratch = scratch,
    .value = blur_value,
    .gradient = blur_gradient,
};

/* ---- boundary_complexity ---- */

typedef struct boundary_config {
  ph_head_place place;
  int64_t width;
  double constant;
} boundary_config;

static const ph_field boundary_fields[] = {
    PH_PICTURE_PLACE,
    {"width", PH_INTEGER, offsetof(boundary_config, width), 20, 1, 1e6, NULL, "the frame's width in pixels"},
    {"constant", PH_REAL, offsetof(boundary_config, constant), 0.5, -1e9, 1e9, NULL,
     "the grey that values are pulled towards"},
    {0}};

enum { BOUNDARY_RADIUS = 2 };
static const double grey_weight = 0.8;

static const boundary_config *config_of(const ph_head *head) { return (const boundary_config *)head->config; }

static bool in_frame(const ph_tap *tap, int64_t i, int64_t width) {
  int64_t y = i / tap->w, x = i % tap->w;
  return y < width || x < width || y >= tap->h - width || x >= tap->w - width;
}

static double boundary_value(const ph_head *head, const ph_tap *tap) {
  const boundary_config *config = config_of(head);
  int64_t area = tap->h * tap->w;
  double sum = 0;
  find_residuals(tap, BOUNDARY_RADIUS);
  for (int64_t p = 0; p < tap->n * tap->c; p++) {
    const double *residual = residuals_of(tap) + p * area;
    for (int64_t i = 0; i < area; i++) {
      double difference = (double)tap->activation[p * area + i] - config->constant;
      if (in_frame(tap, i, config->width))
        sum += residual[i] * residual[i] + grey_weight * difference * difference;
    }
  }
  return sum;
}

/* With r = Bx - x inside the frame and 0 elsewhere, the gradient is 2 (B'r - r) + 1.6 (x - constant); B is
   the kernel's sum divided by its weight, and B' is the kernel's sum of what was divided by its weight
   before. */
static void boundary_gradient(const ph_head *head, const ph_tap *tap, double coefficient) {
  const boundary_config *config = config_of(head);
  int64_t area = tap->h * tap->w;
  double *divided = tap->scratch;
  for (int64_t p = 0; p < tap->n * tap->c; p++) {
    const double *residual = residuals_of(tap) + p * area;
    for (int64_t i = 0; i < area; i++)
      divided[i] = in_frame(tap, i, config->width) ? residual[i] / weight_at(tap, i, BOUNDARY_RADIUS) : 0;
    for (int64_t i = 0; i < area; i++) {
      double slope = 2 * weighted_sum(divided, tap, i, BOUNDARY_RADIUS);
      double difference = (double)tap->activation[p * area + i] - config->constant;
      if (in_frame(tap, i, config->width)) slope += 2 * grey_weight * difference - 2 * residual[i];
      tap->gradient[p * area + i] += (float)(coefficient * slope);
    }
  }
}

const ph_head_type ph_head_boundary_complexity = {
    .name = "boundary_complexity",
    .text = "How busy and how far from grey a frame around the picture is: over the frame, the sum of (b - "
            "x)^2 + 0.8 (x - constant)^2, b being the picture blurred with a 5x5 kernel. Lucid's "
            "penalize_boundary_complexity without its minus sign: subtract it.",
    .layer = ph_picture_name,
    .fields = boundary_fields,
    .config_size = sizeof(boundary_config),
    .scratch = scratch,
    .value = boundary_value,
    .gradient = boundary_gradient,
};
