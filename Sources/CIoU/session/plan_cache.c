/* The plans of a session's last shapes. */
#include "session/session.h"

#include "core/log.h"
#include "core/sizes.h"

#include <string.h>

/* First segments, of the inputs' shapes; and later ones, of what runs have found out. */
enum { MAX_FIRST = 8, MAX_LATER = 64 };

static size_t key_size(const iou_session *s, const iou_plan *parent) {
    const size_t inputs = (size_t)s->model->input_count + (size_t)s->model->default_count;
    const size_t dims =
        parent ? (size_t)parent->data_dependent_count * IOU_MAX_RANK : inputs * (IOU_MAX_RANK + 1);
    return sizeof(int64_t) * dims;
}

static bool has_dims(const iou_session *s, const iou_plan *plan, const iou_plan *parent) {
    if (!parent) {
        return memcmp(plan->key, s->key, key_size(s, parent)) == 0;
    }
    for (int i = 0; i < parent->data_dependent_count; i++) {
        if (memcmp(plan->key + (size_t)i * IOU_MAX_RANK, iou_plan_dims(parent, i),
                   sizeof(int64_t) * IOU_MAX_RANK) != 0) {
            return false;
        }
    }
    return true;
}

static bool has_values(const iou_session *s, const iou_plan *plan) {
    for (int i = 0; i < plan->shape_dependency_count; i++) {
        const iou_shape_dependency *d = &plan->shape_dependencies[i];
        const void *bytes = iou_session_storage(s, s->segments[d->segment].plan, d->storage);
        if (memcmp(bytes, d->bytes, d->size) != 0) {
            return false;
        }
    }
    return true;
}

static iou_status set_key(const iou_session *s, iou_plan *plan, iou_error *error) {
    const size_t size = key_size(s, plan->parent);
    plan->key = iou_arena_alloc(plan->memory, size + 1);
    IOU_FAIL_IF(!plan->key, IOU_OUT_OF_MEMORY, error, "no memory for the plan");
    if (!plan->parent) {
        memcpy(plan->key, s->key, size);
    }
    for (int i = 0; plan->parent && i < plan->parent->data_dependent_count; i++) {
        memcpy(plan->key + (size_t)i * IOU_MAX_RANK, iou_plan_dims(plan->parent, i),
               sizeof(int64_t) * IOU_MAX_RANK);
    }
    return IOU_OK;
}

/* ---- Making room --------------------------------------------------------------------------- */

static bool in_use(const iou_session *s, const iou_plan *plan) {
    return plan->depth < s->segment_count && s->segments[plan->depth].plan == plan;
}

static bool has_children(const iou_session *s, const iou_plan *plan) {
    for (const iou_plan *p = s->plans; p; p = p->next) {
        if (p->parent == plan) {
            return true;
        }
    }
    return false;
}

/** Destroys the plan and all that follow it; lists are short. */
static void drop(iou_session *s, iou_plan *plan) {
    for (iou_plan *p = s->plans; p;) {
        iou_plan *next = p->next;
        if (p->parent == plan) {
            drop(s, p);
            next = s->plans; /* its own children may have been next */
        }
        p = next;
    }
    iou_plan **at = &s->plans;
    while (*at != plan) {
        at = &(*at)->next;
    }
    *at = plan->next;
    iou_plan_destroy(plan);
}

/** Drops the plan of this kind that has not served for the longest time, if there are too many. */
static void make_room(iou_session *s, bool first) {
    iou_plan *oldest = NULL;
    int count = 0;
    for (iou_plan *p = s->plans; p; p = p->next) {
        if ((p->parent == NULL) == first) {
            count++;
            const bool older = !oldest || p->used < oldest->used;
            oldest = older && !in_use(s, p) && (first || !has_children(s, p)) ? p : oldest;
        }
    }
    if (oldest && count >= (first ? MAX_FIRST : MAX_LATER)) {
        /* What a body carries may grow with every iteration: nothing to warn of. */
        iou_log_line(&s->handle.log, s->is_inner ? IOU_LOG_DEBUG : IOU_LOG_WARNING,
                     "more than %d shapes take turns: one that was planned is forgotten", count);
        drop(s, oldest);
    }
}

void iou_session_drop_plans(iou_session *session) {
    while (session->plans) {
        iou_plan *next = session->plans->next;
        iou_plan_destroy(session->plans);
        session->plans = next;
    }
}

/* ---- Finding ------------------------------------------------------------------------------- */

static const void *find_bytes(const void *context, const iou_plan *segment, int storage) {
    return iou_session_storage(context, segment, storage);
}

iou_status iou_session_next_plan(iou_session *session, const iou_plan *parent, iou_plan **plan,
                                 iou_error *error) {
    iou_session *s = session;
    for (iou_plan *p = s->plans; p; p = p->next) {
        if (p->parent == parent && has_dims(s, p, parent) && has_values(s, p)) {
            *plan = p;
            return IOU_OK;
        }
    }
    make_room(s, parent == NULL);
    const iou_plan_request request = {
        .model = s->model,
        .inputs = s->inputs,
        .weights = &s->weights,
        .isa = s->isa,
        .caches = s->caches,
        .threads = (size_t)s->threads,
        .reference_mode = s->options.no_optimize,
        .max_memory = iou_size_less(s->options.max_memory_bytes, s->body_bytes + s->pool->bytes),
        .parent = parent,
        .find = find_bytes,
        .context = s};
    IOU_TRY(iou_plan_create(plan, &request, error));
    const iou_status status = set_key(s, *plan, error);
    if (status != IOU_OK) {
        iou_plan_destroy(*plan);
        return status;
    }
    iou_log_line(&s->handle.log, IOU_LOG_DEBUG, "planned %d steps, %zu bytes between them",
                 (*plan)->step_count, (*plan)->arena_size);
    (*plan)->used = s->runs;
    (*plan)->next = s->plans;
    s->plans = *plan;
    return IOU_OK;
}
