/* SPDX-License-Identifier: MIT */
/* A network's classes: the layers with their scores, their labels, and finding one by a typed text.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "network_private.h"

void ph_network_free_classes(ph_network *network) {
  for (int i = 0; i < network->labels; i++) ph_free(network->label[i]);
  ph_free(network->label);
  network->label = NULL;
  network->labels = 0;
}

ph_status ph_network_set_classes(ph_network *network, const char *logits, const char *probabilities,
                                 const char *const *labels, int count, ph_error *e) {
  int logits_layer = -1, probabilities_layer = -1;
  ph_status status;
  if (logits != NULL) PH_TRY(ph_network_find(network, logits, &logits_layer, e));
  if (probabilities != NULL) PH_TRY(ph_network_find(network, probabilities, &probabilities_layer, e));
  ph_network_free_classes(network);
  network->label = ph_alloc_array((size_t)count, sizeof *network->label);
  if (network->label == NULL) return ph_no_memory(e);
  for (; network->labels < count; network->labels++) {
    network->label[network->labels] = ph_copy_string(labels[network->labels]);
    if (network->label[network->labels] == NULL) return ph_no_memory(e);
  }
  network->logits = logits_layer;
  network->probabilities = probabilities_layer;
  return PH_OK;
done:
  return status;
}

int ph_network_logits(const ph_network *network) { return network->logits; }
int ph_network_probabilities(const ph_network *network) { return network->probabilities; }
int ph_network_class_count(const ph_network *network) { return network->labels; }

const char *ph_network_label(const ph_network *network, int index) {
  return index >= 0 && index < network->labels ? network->label[index] : NULL;
}

/* How well a label answers to `text`: 3 all of it, 2 one of its comma-separated synonyms, 1 whole words of
 * it. */
static int match(const char *label, const char *text) {
  size_t length = strlen(text);
  int best = 0;
  if (strcasecmp(label, text) == 0) return 3;
  for (const char *at = label; (at = strcasestr(at, text)) != NULL; at++) {
    char before = at == label ? ' ' : at[-1], after = at[length];
    if (isalnum((unsigned char)before) || isalnum((unsigned char)after)) continue;
    bool begins = at == label || (at - label >= 2 && at[-1] == ' ' && at[-2] == ',');
    bool ends = after == '\0' || after == ',';
    if (begins && ends) return 2;
    best = 1;
  }
  return best;
}

static ph_status ambiguous(const ph_network *net, const char *text, int quality, ph_error *e) {
  char list[320] = "";
  int named = 0;
  for (int i = 0; i < net->labels && named < 4; i++) {
    if (match(net->label[i], text) != quality) continue;
    size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%s%d '%.40s'", named == 0 ? "" : ", ", i, net->label[i]);
    named++;
  }
  return ph_fail(e, PH_MISUSE, "several classes match '%s': %s", text, list);
}

enum { SYNONYM = 64 }; /* bytes of the longest that is suggested */

/* The synonym after `at` of a label, "goldfish" of "goldfish, Carassius auratus"; NULL at its end. */
static const char *next_synonym(const char *at, char *synonym) {
  size_t length = strcspn(at, ",");
  if (at[0] == '\0') return NULL;
  snprintf(synonym, SYNONYM, "%.*s", (int)length, at);
  at += length;
  return at + strspn(at, ", ");
}

/* What a text that matches no label was probably meant to be: a label that has it within a word, or else the
   synonym that is spelled most like it. */
static ph_status no_class(const ph_network *network, const char *text, ph_error *e) {
  char best[SYNONYM] = "", other[SYNONYM];
  for (int i = 0; i < network->labels && strlen(text) > 2; i++)
    if (strcasestr(network->label[i], text) != NULL)
      return ph_fail(e, PH_MISUSE, "no class '%s'; did you mean '%s'?", text, network->label[i]);
  for (int i = 0; i < network->labels; i++) {
    const char *at = network->label[i];
    while ((at = next_synonym(at, other)) != NULL) {
      const char *const pair[] = {other, best};
      if (ph_nearest(text, pair, best[0] != '\0' ? 2 : 1) == other) memcpy(best, other, sizeof best);
    }
  }
  if (best[0] == '\0') return ph_fail(e, PH_MISUSE, "no class '%s'", text);
  return ph_fail(e, PH_MISUSE, "no class '%s'; did you mean '%s'?", text, best);
}

ph_status ph_network_find_label(const ph_network *network, const char *text, int *index, ph_error *e) {
  int best = 0, count = 0;
  if (network->labels == 0) return ph_fail(e, PH_MISUSE, "class '%s': this network has no class names", text);
  for (int i = 0; i < network->labels && text[0] != '\0'; i++) {
    int quality = match(network->label[i], text);
    if (quality > best) {
      best = quality;
      count = 0;
      *index = i;
    }
    count += quality > 0 && quality == best;
  }
  if (count == 1) return PH_OK;
  if (count > 1) return ambiguous(network, text, best, e);
  return no_class(network, text, e);
}
