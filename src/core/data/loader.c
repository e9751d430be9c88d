/* SPDX-License-Identifier: MIT */
/* The loader's ring. Pictures are numbered in their order; number i goes into slot i modulo the number of
   slots. Each thread takes the next number whose slot is free; who asks gets them in turn. One mutex guards
   all that changes, but for the picture in a slot that is being filled, which is its thread's. */
#include "loader.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/memory.h"
#include "base/threads.h"
#include "tensor/random.h"

typedef struct slot {
  bool is_ready;
  ph_tensor *image; /* NULL: unreadable */
  ph_error reason;
  ph_status status;
} slot;

struct ph_loader {
  ph_catalogue *catalogue;
  ph_loader_settings settings;
  int64_t *items; /* NULL: the first ones */
  int64_t *order; /* of places in the list of items; NULL: as they are */
  slot *slots;
  pthread_t *threads;
  int running;
  pthread_mutex_t mutex;
  pthread_cond_t filled, freed; /* a slot was */
  int64_t next, taken;          /* numbers: of what is decoded next; of what is handed out, or will be next */
  bool is_handed, is_stopped;
};

static int64_t place_of(const ph_loader *l, int64_t number) {
  return l->order != NULL ? l->order[number] : number;
}

static slot *slot_of(ph_loader *l, int64_t number) { return &l->slots[number % l->settings.slots]; }

/* ---- the threads ---- */

ph_status ph_loader_load(const ph_catalogue *catalogue, int64_t i, const ph_photograph *as, ph_tensor **image,
                         ph_error *e) {
  unsigned char *bytes;
  size_t size;
  ph_status status = ph_catalogue_read(catalogue, i, &bytes, &size, e);
  if (status != PH_OK) return status;
  status = ph_photograph_decode(bytes, size, ph_catalogue_item(catalogue, i)->path, as, image, e);
  ph_free(bytes);
  return status;
}

static void *work(void *context) {
  ph_loader *l = context;
  ph_set_team_size(1); /* of this thread's own parallel regions: there are enough threads */
  pthread_mutex_lock(&l->mutex);
  for (;;) {
    while (!l->is_stopped && l->next < l->settings.count && l->next - l->taken >= l->settings.slots)
      pthread_cond_wait(&l->freed, &l->mutex);
    if (l->is_stopped || l->next >= l->settings.count) break;
    const int64_t number = l->next++;
    pthread_mutex_unlock(&l->mutex);
    const int64_t place = place_of(l, number), item = l->items != NULL ? l->items[place] : place;
    slot *s = slot_of(l, number);
    s->status = ph_loader_load(l->catalogue, item, &l->settings.as, &s->image, &s->reason);
    pthread_mutex_lock(&l->mutex);
    s->is_ready = true;
    pthread_cond_signal(&l->filled);
  }
  pthread_mutex_unlock(&l->mutex);
  return NULL;
}

/* As many as can be had, at least one. Signals are for the thread that asks. */
static ph_status start(ph_loader *l, ph_error *e) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (l->running < l->settings.threads && pthread_create(&l->threads[l->running], NULL, work, l) == 0)
    l->running++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return l->running > 0 ? PH_OK : ph_fail(e, PH_FAILURE, "no thread can be started to read pictures");
}

/* ---- making and ending ---- */

/* Fisher and Yates's shuffle. */
static ph_status shuffle(ph_loader *l, ph_error *e) {
  const int64_t count = l->settings.count;
  ph_random random = ph_random_stream(l->settings.seed, "dataset");
  l->order = ph_alloc_array((size_t)count, sizeof *l->order);
  if (l->order == NULL) return ph_no_memory(e);
  for (int64_t i = 0; i < count; i++) {
    const int64_t other = ph_random_below(&random, i + 1);
    l->order[i] = l->order[other];
    l->order[other] = i;
  }
  return PH_OK;
}

static ph_status copy_items(ph_loader *l, ph_error *e) {
  const size_t count = (size_t)l->settings.count;
  l->items = ph_alloc_array(count, sizeof *l->items);
  if (l->items == NULL) return ph_no_memory(e);
  memcpy(l->items, l->settings.items, count * sizeof *l->items);
  return PH_OK;
}

ph_status ph_loader_new(ph_catalogue *catalogue, const ph_loader_settings *settings, ph_loader **loader,
                        ph_error *e) {
  ph_loader *l = ph_alloc(sizeof *l);
  if (l == NULL) return ph_no_memory(e);
  ph_status status = PH_OK;
  l->catalogue = ph_catalogue_retain(catalogue);
  l->settings = *settings;
  pthread_mutex_init(&l->mutex, NULL);
  pthread_cond_init(&l->filled, NULL);
  pthread_cond_init(&l->freed, NULL);
  l->slots = ph_alloc_array((size_t)settings->slots, sizeof *l->slots);
  l->threads = ph_alloc_array((size_t)settings->threads, sizeof *l->threads);
  if (l->slots == NULL || l->threads == NULL) PH_TRY(ph_no_memory(e));
  if (settings->items != NULL) PH_TRY(copy_items(l, e));
  if (settings->is_shuffled) PH_TRY(shuffle(l, e));
  PH_TRY(start(l, e));
  *loader = l;
  return PH_OK;
done:
  ph_loader_free(l);
  return status;
}

void ph_loader_free(ph_loader *loader) {
  if (loader == NULL) return;
  pthread_mutex_lock(&loader->mutex);
  loader->is_stopped = true;
  pthread_cond_broadcast(&loader->freed);
  pthread_mutex_unlock(&loader->mutex);
  for (int i = 0; i < loader->running; i++) pthread_join(loader->threads[i], NULL);
  for (int i = 0; loader->slots != NULL && i < loader->settings.slots; i++)
    ph_tensor_release(loader->slots[i].image);
  pthread_cond_destroy(&loader->freed);
  pthread_cond_destroy(&loader->filled);
  pthread_mutex_destroy(&loader->mutex);
  ph_free(loader->slots);
  ph_free(loader->threads);
  ph_free(loader->items);
  ph_free(loader->order);
  ph_catalogue_release(loader->catalogue);
  ph_free(loader);
}

/* ---- asking ---- */

/* Empties the slot that was handed out. */
static void take_back(ph_loader *l) {
  slot *s = slot_of(l, l->taken);
  ph_tensor_release(s->image);
  *s = (slot){0};
  l->taken++;
  l->is_handed = false;
  pthread_cond_signal(&l->freed);
}

ph_status ph_loader_next(ph_loader *loader, int64_t *place, const ph_tensor **image, ph_error *reason,
                         ph_error *e) {
  *place = -1;
  pthread_mutex_lock(&loader->mutex);
  if (loader->is_handed) take_back(loader);
  if (loader->is_stopped || loader->taken >= loader->settings.count) {
    pthread_mutex_unlock(&loader->mutex);
    return PH_OK;
  }
  slot *s = slot_of(loader, loader->taken);
  while (!s->is_ready) pthread_cond_wait(&loader->filled, &loader->mutex);
  loader->is_handed = true;
  if (s->status == PH_MISUSE || s->status == PH_NO_MEMORY) {
    loader->is_stopped = true;
    pthread_cond_broadcast(&loader->freed);
  }
  pthread_mutex_unlock(&loader->mutex);
  if (s->status == PH_MISUSE || s->status == PH_NO_MEMORY) {
    *e = s->reason;
    return s->status;
  }
  *place = place_of(loader, loader->taken);
  *image = s->image;
  *reason = s->reason;
  return PH_OK;
}

int ph_loader_live(ph_loader *loader) {
  pthread_mutex_lock(&loader->mutex);
  const int live = (int)(loader->next - loader->taken);
  pthread_mutex_unlock(&loader->mutex);
  return live;
}
