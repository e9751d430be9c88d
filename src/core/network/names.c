/* SPDX-License-Identifier: MIT */
/* A network's names: layers by their full name, by a second name, or by any ending of one that is not
   ambiguous. Imported networks have long names ("/layer3/layer3.5/conv1/Conv"), and people type the end. */
#include <stdio.h>
#include <string.h>

#include "base/fingerprint.h"
#include "base/memory.h"
#include "network_private.h"

int ph_network_lookup(const ph_network *net, const char *name) {
  for (int i = 0; i < net->count; i++)
    if (strcmp(net->layer[i].name, name) == 0) return i;
  for (int i = 0; i < net->aliases; i++)
    if (strcmp(net->alias[i].name, name) == 0) return net->alias[i].layer;
  return -1;
}

uint64_t ph_network_fingerprint(const ph_network *net) {
  uint64_t print = 0;
  for (int i = 0; i < net->count; i++) {
    const ph_layer *layer = &net->layer[i];
    const ph_parameter *parameters = layer->type->parameters;
    print = ph_fingerprint(print, layer->name, strlen(layer->name));
    print = ph_fingerprint(print, layer->type->name, strlen(layer->type->name));
    print = ph_fingerprint(print, layer->input, (size_t)layer->inputs * sizeof *layer->input);
    for (int p = 0; parameters != NULL && parameters[p].name != NULL; p++) {
      const ph_tensor *weights = layer->parameter[p];
      if (weights == NULL) continue;
      print =
          ph_fingerprint(print, ph_tensor_read(weights), (size_t)ph_tensor_count(weights) * sizeof(float));
    }
  }
  return print;
}

/* ---- endings ---- */

/* Whether `name` ends in `ending`, after a character that separates the parts of names. */
static bool has_ending(const char *name, const char *ending) {
  size_t length = strlen(name), tail = strlen(ending);
  if (tail == 0 || tail >= length || strcmp(name + length - tail, ending) != 0) return false;
  return strchr("/.:_", name[length - tail - 1]) != NULL;
}

/* Name i of all: those of the layers, then the aliases. NULL past the last. */
static const char *name_at(const ph_network *net, int i, int *layer) {
  if (i < net->count) {
    *layer = i;
    return net->layer[i].name;
  }
  i -= net->count;
  if (i >= net->aliases) return NULL;
  *layer = net->alias[i].layer;
  return net->alias[i].name;
}

/* The only layer whose name ends like this; -1 if there is none, -2 if there are several. */
static int by_ending(const ph_network *net, const char *ending) {
  int found = -1, layer = -1;
  const char *name;
  for (int i = 0; (name = name_at(net, i, &layer)) != NULL; i++) {
    if (layer == found || !has_ending(name, ending)) continue;
    if (found >= 0) return -2;
    found = layer;
  }
  return found;
}

static ph_status ambiguous(const ph_network *net, const char *ending, ph_error *e) {
  char list[320] = "";
  int named = 0, layer;
  const char *name;
  for (int i = 0; (name = name_at(net, i, &layer)) != NULL; i++) {
    if (!has_ending(name, ending)) continue;
    size_t used = strlen(list);
    if (named < 4)
      snprintf(list + used, sizeof list - used, "%s'%.70s'", named == 0 ? "" : ", ", name);
    else if (named == 4)
      snprintf(list + used, sizeof list - used, ", …");
    named++;
  }
  return ph_fail(e, PH_MISUSE, "several layers end in '%.70s': %s", ending, list);
}

static int count_parts(const char *name) {
  int parts = 1;
  for (; *name != '\0'; name++) parts += *name == '/';
  return parts;
}

/* The last parts of a name, as many as that, or all of it. */
static const char *last_parts(const char *name, int parts) {
  for (int more = count_parts(name) - parts; more > 0; more--) name = strchr(name, '/') + 1;
  return name;
}

enum { SHOWN_NAMES = 6, LONGEST_SHOWN = 60 };

static bool is_read(const ph_network *network, int layer) {
  for (int i = layer + 1; i < network->count; i++)
    for (int k = 0; k < network->layer[i].inputs; k++)
      if (network->layer[i].input[k] == layer) return true;
  return false;
}

/* Where branches meet on the way to something else, which is where blocks end; or any layer but the first. */
static bool is_shown(const ph_network *network, int layer, bool is_join) {
  const int inputs = network->layer[layer].inputs;
  return is_join ? inputs > 1 && is_read(network, layer) : inputs > 0;
}

/* The last layer that only changes the elements of what the layer before it gives, one after another from i.
 */
static int after_activations(const ph_network *network, int i) {
  while (i + 1 < network->count) {
    const ph_layer *next = &network->layer[i + 1];
    if (next->inputs != 1 || next->input[0] != i || next->type->reach != PH_REACH_ELEMENT) break;
    i++;
  }
  return i;
}

/* "a, b, c": some of them, from the first to the last. */
static void list_some(const ph_network *network, bool is_join, char text[SHOWN_NAMES * 64]) {
  int count = 0, seen = 0, shown = 0, length = 0;
  for (int i = 0; i < network->count; i++) count += is_shown(network, i, is_join);
  const int most = count < SHOWN_NAMES ? count : SHOWN_NAMES;
  for (int i = 0; i < network->count && shown < most; i++) {
    if (!is_shown(network, i, is_join) || ++seen * most < (shown + 1) * count) continue;
    const char *name = network->layer[is_join ? after_activations(network, i) : i].name;
    length += sprintf(text + length, "%s%.*s", shown == 0 ? "" : ", ", LONGEST_SHOWN, name);
    shown++;
  }
}

static ph_status nothing_like_it(const ph_network *network, const char *name, ph_error *e) {
  char some[SHOWN_NAMES * 64] = "";
  int joins = 0;
  for (int i = 0; i < network->count; i++) joins += is_shown(network, i, true);
  list_some(network, joins > 1, some);
  return ph_fail(e, PH_MISUSE, "no layer '%.80s'; there are %s%s", name, *some == '\0' ? "none" : some,
                 network->count > SHOWN_NAMES ? " and others" : "");
}

/* What is compared with are whole names, then endings of as many parts as the name has: people type the end.
 */
ph_status ph_network_missing(const ph_network *network, const char *name, ph_error *e) {
  int count = network->count + network->aliases, parts = count_parts(name), layer;
  const char **names = ph_alloc_array((size_t)count, sizeof *names);
  if (names == NULL) return ph_no_memory(e);
  for (int i = 0; i < count; i++) names[i] = name_at(network, i, &layer);
  const char *near = ph_nearest(name, names, count);
  for (int i = 0; i < count; i++) names[i] = last_parts(names[i], parts);
  if (near == NULL) near = ph_nearest(name, names, count);
  ph_free(names);
  if (near != NULL) return ph_fail(e, PH_MISUSE, "no layer '%s'; did you mean '%s'?", name, near);
  return nothing_like_it(network, name, e);
}

ph_status ph_network_find(const ph_network *network, const char *name, int *index, ph_error *e) {
  *index = ph_network_lookup(network, name);
  if (*index < 0) *index = by_ending(network, name);
  if (*index >= 0) return PH_OK;
  return *index == -2 ? ambiguous(network, name, e) : ph_network_missing(network, name, e);
}

/* ---- second names ---- */

ph_status ph_network_append_alias(ph_network *network, const char *name, int layer, ph_error *e) {
  ph_alias *alias = ph_alloc_array((size_t)network->aliases + 1, sizeof *alias);
  char *copy = ph_copy_string(name);
  if (alias == NULL || copy == NULL) {
    ph_free(alias);
    ph_free(copy);
    return ph_no_memory(e);
  }
  if (network->aliases > 0) memcpy(alias, network->alias, (size_t)network->aliases * sizeof *alias);
  alias[network->aliases] = (ph_alias){copy, layer};
  ph_free(network->alias);
  network->alias = alias;
  network->aliases++;
  return PH_OK;
}

ph_status ph_network_alias(ph_network *network, const char *name, const char *layer, ph_error *e) {
  int index = ph_network_lookup(network, layer), taken = ph_network_lookup(network, name);
  if (index < 0) return ph_network_missing(network, layer, e);
  if (taken == index) return PH_OK;
  if (taken >= 0) return ph_fail(e, PH_MISUSE, "layer '%s' exists already", name);
  if (name[0] == '\0') return ph_fail(e, PH_MISUSE, "layer '%s': another name for it is empty", layer);
  return ph_network_append_alias(network, name, index, e);
}

int ph_network_alias_count(const ph_network *network) { return network->aliases; }

const char *ph_network_alias_at(const ph_network *network, int i, int *layer) {
  return name_at(network, network->count + i, layer);
}
