/* SPDX-License-Identifier: MIT */
/* Running a network: looks up or makes plans, shapes the taps' tensors, and runs the backend. A single image
   is computed by all threads together; in a batch, each thread computes whole images, which avoids waiting.
   */
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "network_private.h"

/* ---- plans ---- */

static void drop_layers(const ph_network *net, const ph_layer **layers) {
  for (int i = 0; i < net->count && layers != NULL; i++) ph_layer_drop_sized(layers[i], &net->layer[i]);
  ph_free(layers);
}

static void drop_plan(ph_network *net, ph_cached_plan *entry) {
  net->backend->drop(entry->plan);
  drop_layers(net, entry->layer);
  ph_free(entry->tap);
  ph_free(entry->reads);
  ph_free(entry->tap_meaning);
  *entry = (ph_cached_plan){0};
}

void ph_network_forget_plans(ph_network *network) {
  for (int i = 0; i < network->plans; i++) drop_plan(network, &network->cache[i]);
  network->plans = 0;
  network->current = NULL;
}

static bool same_reads(const ph_plan_request *a, const ph_plan_request *b) {
  if (a->reads == NULL || b->reads == NULL) return a->reads == b->reads;
  return memcmp(a->reads, b->reads, (size_t)a->taps * sizeof *a->reads) == 0;
}

static bool same_request(const ph_plan_request *a, const ph_plan_request *b) {
  return a->height == b->height && a->width == b->width && a->taps == b->taps && a->backward == b->backward &&
         a->relu_mode == b->relu_mode && a->pool_mode == b->pool_mode && a->precision == b->precision &&
         a->threads == b->threads && a->parallel_images == b->parallel_images &&
         memcmp(a->tap, b->tap, (size_t)a->taps * sizeof *a->tap) == 0 && same_reads(a, b);
}

/* A free entry of the cache; if there is none, the least recently used one is dropped. */
static ph_cached_plan *free_entry(ph_network *net) {
  if (net->plans < PH_PLAN_CACHE) return &net->cache[net->plans++];
  ph_cached_plan *oldest = &net->cache[0];
  for (int i = 1; i < net->plans; i++)
    if (net->cache[i].last_use < oldest->last_use) oldest = &net->cache[i];
  drop_plan(net, oldest);
  return oldest;
}

/* Adds to a message about shapes the size that would have been right, where one is known. */
static ph_status say_right_size(const ph_network *net, int64_t height, int64_t width, ph_error *e) {
  char message[sizeof e->message];
  const int64_t *size = net->input_size;
  if (size[0] == 0 || (size[0] == height && size[1] == width)) return e->status;
  memcpy(message, e->message, sizeof message);
  return ph_fail(e, e->status,
                 "%.*s; the network is made for images %lld high and %lld wide, not %lld high and %lld wide",
                 (int)(sizeof message - 160), message, (long long)size[0], (long long)size[1],
                 (long long)height, (long long)width);
}

/* Whether the images are as high as the network's size is wide, and as wide as that is high. A dense layer
   takes them, since they have as many elements, but reads each at the wrong place. */
static bool are_transposed(const ph_network *net, int64_t height, int64_t width) {
  return height != width && height == net->input_size[1] && width == net->input_size[0];
}

/* The layers at the plan's size, and what its taps mean. */
static ph_status find_layers(const ph_network *net, ph_cached_plan *entry, ph_error *e) {
  const ph_plan_request *request = &entry->request;
  ph_status status;
  bool *needed = ph_alloc_array((size_t)net->count, sizeof *needed);
  ph_shape *shapes = ph_alloc_array((size_t)net->count, sizeof *shapes);
  ph_meaning *meanings = ph_alloc_array((size_t)net->count, sizeof *meanings);
  entry->layer = ph_alloc_array((size_t)net->count, sizeof *entry->layer);
  if (needed == NULL || shapes == NULL || meanings == NULL || entry->layer == NULL) {
    status = ph_no_memory(e);
    goto done;
  }
  for (int i = 0; i < net->count; i++) entry->layer[i] = &net->layer[i];
  for (int i = 0; i < request->taps; i++) ph_network_ancestors(net, request->tap[i], needed);
  if (are_transposed(net, request->height, request->width) &&
      ph_network_shapes(net, request->height, request->height, needed, shapes, e) != PH_OK) {
    ph_fail(e, PH_MISUSE, "images: height and width are exchanged");
    status = say_right_size(net, request->height, request->width, e);
    goto done;
  }
  status = ph_network_size(net, request->height, request->width, needed, shapes, entry->layer, meanings, e);
  if (status == PH_MISUSE) status = say_right_size(net, request->height, request->width, e);
  if (status != PH_OK) goto done;
  for (int i = 0; i < request->taps; i++) entry->tap_meaning[i] = meanings[request->tap[i]];
done:
  ph_free(meanings);
  ph_free(needed);
  ph_free(shapes);
  return status;
}

/* Lets the backend make the plan. It counts channels along axis 1: of a tap whose units lie elsewhere, all is
   read. */
static ph_status make_plan(ph_network *net, ph_cached_plan *entry, ph_error *e) {
  static const ph_channels whole = {0, INT64_MAX};
  ph_plan_request request = entry->request;
  ph_channels *reads = NULL;
  ph_status status = PH_OK;
  if (request.reads != NULL) {
    reads = ph_alloc_array((size_t)request.taps, sizeof *reads);
    if (reads == NULL) return ph_no_memory(e);
    request.reads = reads;
  }
  for (int i = 0; reads != NULL && i < request.taps; i++) {
    ph_arrangement arranged;
    PH_TRY(ph_arrangement_of(&entry->tap_meaning[i], PH_TOKEN_PATCHES, "", &arranged, e));
    reads[i] = arranged.is_plain ? entry->reads[i] : whole;
  }
  PH_TRY(net->backend->plan(net->shared, &request, &entry->plan, e));
done:
  ph_free(reads);
  return status;
}

static ph_status find_plan(ph_network *net, const ph_plan_request *request, ph_cached_plan **found,
                           ph_error *e) {
  for (int i = 0; i < net->plans; i++) {
    if (net->cache[i].plan != NULL && same_request(&net->cache[i].request, request)) {
      *found = &net->cache[i];
      return PH_OK;
    }
  }
  ph_cached_plan made = {.request = *request};
  ph_status status;
  made.tap = ph_alloc_array((size_t)request->taps, sizeof *made.tap);
  made.tap_meaning = ph_alloc_array((size_t)request->taps, sizeof *made.tap_meaning);
  if (request->reads != NULL) made.reads = ph_alloc_array((size_t)request->taps, sizeof *made.reads);
  if (made.tap == NULL || made.tap_meaning == NULL || (request->reads != NULL && made.reads == NULL)) {
    status = ph_no_memory(e);
    goto done;
  }
  memcpy(made.tap, request->tap, (size_t)request->taps * sizeof *made.tap);
  if (made.reads != NULL) memcpy(made.reads, request->reads, (size_t)request->taps * sizeof *made.reads);
  made.request.tap = made.tap;
  made.request.reads = made.reads;
  PH_TRY(find_layers(net, &made, e));
  made.request.layer = made.layer;
  PH_TRY(make_plan(net, &made, e));
  *found = free_entry(net);
  **found = made;
  return PH_OK;
done:
  drop_layers(net, made.layer);
  ph_free(made.tap);
  ph_free(made.reads);
  ph_free(made.tap_meaning);
  return status;
}

/* ---- taps' tensors ---- */

static ph_status make_tap_room(ph_network *net, int taps, ph_error *e) {
  if (taps <= net->tap_room) return PH_OK;
  size_t room = (size_t)taps;
  ph_tensor **activation = ph_alloc_array(room, sizeof *activation);
  ph_tensor **gradient = ph_alloc_array(room, sizeof *gradient);
  float **outputs = ph_alloc_array(room, sizeof *outputs);
  if (activation == NULL || gradient == NULL || outputs == NULL) {
    ph_free(activation);
    ph_free(gradient);
    ph_free(outputs);
    return ph_no_memory(e);
  }
  if (net->tap_room > 0) {
    memcpy(activation, net->activation, (size_t)net->tap_room * sizeof *activation);
    memcpy(gradient, net->gradient, (size_t)net->tap_room * sizeof *gradient);
  }
  ph_free(net->activation);
  ph_free(net->gradient);
  ph_free(net->outputs);
  net->activation = activation;
  net->gradient = gradient;
  net->outputs = outputs;
  net->tap_room = taps;
  return PH_OK;
}

/* The shape of a batch of activations: axis 0 is the batch. Where a layer's own axis 0 is not the image but
   something of the network's making, such as tokens, it stays, behind the batch's. */
static ph_shape batch_of(ph_shape one, int64_t images) {
  if (one.rank > 0 && one.dim[0] == 1) {
    one.dim[0] = images;
    return one;
  }
  if (one.rank == PH_MAX_RANK) {
    one.dim[0] *= images;
    return one;
  }
  ph_shape batch = {.rank = one.rank + 1, .dim = {images}};
  for (int a = 0; a < one.rank; a++) batch.dim[a + 1] = one.dim[a];
  return batch;
}

/* Shapes the taps' tensors for the batch and zeroes the gradients. */
static ph_status prepare_taps(ph_network *net, const ph_cached_plan *plan, int64_t images, ph_error *e) {
  ph_status status;
  PH_TRY(make_tap_room(net, plan->request.taps, e));
  for (int i = 0; i < plan->request.taps; i++) {
    ph_shape shape = batch_of(plan->tap_meaning[i].shape, images);
    PH_TRY(ph_tensor_ensure(&net->activation[i], shape, e));
    PH_TRY(ph_tensor_ensure(&net->gradient[i], shape, e));
    ph_tensor_fill(net->gradient[i], 0);
  }
  return PH_OK;
done:
  return status;
}

/* ---- options ---- */

/* A prefix of the types of numbers. */
static const char *const precision_names[] = {[PH_FLOAT32] = "f32", [PH_BFLOAT16] = "bf16", NULL};

const ph_field ph_pass_fields[] = {{"backward", PH_FLAG, offsetof(ph_pass_options, backward), 1, 0, 1, NULL,
                                    "whether gradients will be taken back"},
                                   {"images_stay", PH_FLAG, offsetof(ph_pass_options, images_stay), 0, 0, 1,
                                    NULL, "whether the images stay as they are until the next pass"},
                                   {"relu", PH_CHOICE, offsetof(ph_pass_options, relu_mode), PH_RELU_PLAIN, 0,
                                    0, ph_relu_mode_names, "how gradients pass ReLUs"},
                                   {"pool", PH_CHOICE, offsetof(ph_pass_options, pool_mode), PH_POOL_PLAIN, 0,
                                    0, ph_pool_mode_names, "how gradients pass max pools"},
                                   {"precision", PH_CHOICE, offsetof(ph_pass_options, precision), PH_FLOAT32,
                                    0, 0, precision_names,
                                    "what activations, gradients and weights are kept as"},
                                   {0}};

/* ---- forward and backward ---- */

static ph_status check_images(const ph_network *net, ph_shape shape, ph_error *e) {
  char text[PH_SHAPE_TEXT];
  ph_shape source;
  if (shape.rank != 4)
    return ph_fail(e, PH_MISUSE, "images: expected a tensor of shape (n, c, h, w), got %s",
                   ph_shape_print(shape, text));
  /* Layer 0 is the image, so that its shape alone says how many channels there are. */
  ph_status status = net->layer[0].type->shape(&net->layer[0], &shape, &source, e);
  if (status == PH_OK && shape.dim[1] != source.dim[1])
    status = ph_fail(e, PH_MISUSE, "images: expected %lld channels, got %s%s", (long long)source.dim[1],
                     ph_shape_print(shape, text),
                     shape.dim[1] == source.dim[1] + 1
                         ? "; if the last is opacity, the transform collapse() lays them over a background"
                         : "");
  return status;
}

/* Sends the backend off. The plan is then the current one; none is where it fails. */
static ph_status run_plan(ph_network *net, ph_cached_plan *plan, const ph_tensor *images, ph_error *e) {
  const int count = (int)ph_tensor_shape(images).dim[0];
  ph_status status;
  net->current = NULL;
  plan->last_use = ++net->uses;
  PH_TRY(net->backend->reserve(plan->plan, count, e));
  for (int i = 0; i < plan->request.taps; i++) net->outputs[i] = ph_tensor_data(net->activation[i]);
  PH_TRY(net->backend->forward(plan->plan, count, ph_tensor_read(images), net->outputs, e));
  net->current = plan;
done:
  return status;
}

/* Keeps the images of a pass that left something out, for ph_network_complete. */
static ph_status remember(ph_network *net, ph_tensor *images, bool they_stay, ph_error *e) {
  if (!they_stay) {
    ph_status status = ph_tensor_ensure(&net->copy, ph_tensor_shape(images), e);
    if (status != PH_OK) return status;
    ph_tensor_copy(net->copy, images);
    images = net->copy;
  }
  ph_tensor_retain(images);
  ph_tensor_release(net->seen);
  net->seen = images;
  return PH_OK;
}

static ph_plan_request request_of(ph_network *net, int64_t images, int64_t height, int64_t width,
                                  const ph_pass_options *pass) {
  if (net->threads == 0) net->threads = ph_cores();
  const bool several = images > 1;
  return (ph_plan_request){.network = net,
                           .height = height,
                           .width = width,
                           .taps = pass->taps,
                           .tap = pass->tap,
                           .reads = pass->reads,
                           .backward = pass->backward,
                           .relu_mode = pass->relu_mode,
                           .pool_mode = pass->pool_mode,
                           .precision = pass->precision,
                           .threads = several ? 1 : net->threads,
                           .parallel_images = several ? net->threads : 1};
}

ph_status ph_network_forward(ph_network *network, ph_tensor *images, const ph_pass_options *pass,
                             ph_error *e) {
  ph_shape shape = ph_tensor_shape(images);
  ph_cached_plan *plan = NULL;
  ph_status status;
  network->current = NULL;
  network->passes++;
  PH_TRY(check_images(network, shape, e));
  const ph_plan_request request = request_of(network, shape.dim[0], shape.dim[2], shape.dim[3], pass);
  PH_TRY(find_plan(network, &request, &plan, e));
  PH_TRY(prepare_taps(network, plan, shape.dim[0], e));
  if (pass->reads != NULL) PH_TRY(remember(network, images, pass->images_stay, e));
  PH_TRY(run_plan(network, plan, images, e));
  network->images = shape;
done:
  return status;
}

uint64_t ph_network_passes(const ph_network *network) { return network->passes; }

ph_status ph_network_plan(ph_network *network, int64_t height, int64_t width, const ph_pass_options *pass,
                          ph_plan_view *view, ph_error *e) {
  const ph_plan_request request = request_of(network, 1, height, width, pass);
  ph_cached_plan *plan = NULL;
  const ph_status status = find_plan(network, &request, &plan, e);
  if (status != PH_OK) return status;
  plan->last_use = ++network->uses;
  *view = (ph_plan_view){network->backend, plan->plan};
  return PH_OK;
}

ph_status ph_network_complete(ph_network *network, ph_error *e) {
  ph_cached_plan *whole = NULL;
  if (network->current == NULL || network->current->request.reads == NULL) return PH_OK;
  ph_plan_request request = network->current->request;
  request.reads = NULL;
  ph_status status = find_plan(network, &request, &whole, e);
  return status == PH_OK ? run_plan(network, whole, network->seen, e) : status;
}

static ph_status find_tap(const ph_network *net, int layer, int *tap, ph_error *e) {
  if (net->current == NULL) return ph_fail(e, PH_MISUSE, "nothing has been run forward yet");
  for (*tap = 0; *tap < net->current->request.taps; (*tap)++)
    if (net->current->request.tap[*tap] == layer) return PH_OK;
  return ph_fail(e, PH_MISUSE, "layer '%s' was not among the taps of the last forward",
                 net->layer[layer].name);
}

ph_status ph_network_activation(ph_network *network, int layer, ph_tensor **activation, ph_error *e) {
  int tap = -1;
  ph_status status = find_tap(network, layer, &tap, e);
  if (status == PH_OK) *activation = network->activation[tap];
  return status;
}

ph_status ph_network_arrangement(const ph_network *network, int layer, ph_token token,
                                 ph_arrangement *arrangement, ph_error *e) {
  int tap = -1;
  ph_status status = find_tap(network, layer, &tap, e);
  if (status != PH_OK) return status;
  return ph_arrangement_of(&network->current->tap_meaning[tap], token, network->layer[layer].name,
                           arrangement, e);
}

ph_status ph_network_gradient(ph_network *network, int layer, ph_tensor **gradient, ph_error *e) {
  int tap = -1;
  ph_status status = find_tap(network, layer, &tap, e);
  if (status == PH_OK) *gradient = network->gradient[tap];
  return status;
}

ph_status ph_network_backward(ph_network *network, ph_tensor *images_gradient, ph_error *e) {
  ph_status status;
  if (network->current == NULL) return ph_fail(e, PH_MISUSE, "backward needs a forward first");
  if (!network->current->request.backward)
    return ph_fail(e, PH_MISUSE, "backward: the last forward was run without backward");
  if (ph_tensor_is_shared(images_gradient))
    PH_TRY(ph_tensor_expect(images_gradient, network->images, "backward: into a tensor that others use, too",
                            e));
  PH_TRY(ph_tensor_resize(images_gradient, network->images, e));
  for (int i = 0; i < network->current->request.taps; i++)
    network->outputs[i] = ph_tensor_data(network->gradient[i]);
  PH_TRY(network->backend->backward(network->current->plan, (int)network->images.dim[0],
                                    (const float *const *)network->outputs, ph_tensor_data(images_gradient),
                                    e));
  return PH_OK;
done:
  return status;
}

ph_status ph_network_set_threads(ph_network *network, int threads, ph_error *e) {
  if (threads < 0 || threads > 1024)
    return ph_fail(e, PH_MISUSE, "threads: %d out of range 0..1024", threads);
  network->threads = threads;
  return PH_OK;
}
