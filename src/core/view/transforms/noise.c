/* SPDX-License-Identifier: MIT */
/* noise: a number drawn for every number of every image. Its seed is what is drawn for the batch. */
#include <stddef.h>

#include "types.h"

typedef struct config {
  double amount;
  int distribution;
} config;

enum { NORMAL, UNIFORM };
static const char *const distributions[] = {"normal", "uniform", NULL};

static const ph_field fields[] = {{"amount", PH_REAL, offsetof(config, amount), PH_REQUIRED, 0, 1e6, NULL,
                                   "normal: the deviation; uniform: noise lies between minus this and this"},
                                  {"distribution", PH_CHOICE, offsetof(config, distribution), NORMAL, 0, 0,
                                   distributions, "how the noise is distributed"},
                                  {.key = NULL}};

static ph_status draw(const ph_transform *transform, ph_random *random, ph_drawn *drawn, ph_error *e) {
  const config *c = transform->config;
  (void)e;
  ph_drawn_become(drawn, PH_DRAWN_NOISE);
  drawn->seed = ph_random_bits(random);
  drawn->amount = c->amount;
  drawn->uniform = c->distribution == UNIFORM;
  return PH_OK;
}

const ph_transform_type ph_transform_noise = {
    .name = "noise",
    .text = "Adds a random number to every number of every picture: normal with deviation `amount`, or "
            "uniform in [-amount, amount].",
    .fields = fields,
    .config_size = sizeof(config),
    .draw = draw,
};
