/* A session's run on a fixed input, as the checks need it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <iou/iou.h>

/** The input's extents. */
enum { HEIGHT = 96, WIDTH = 128 };

/** Noise, the same each time; once, before threads are started. */
void fill_input(void);

/** The three channels that `fill_input` filled. */
iou_tensor make_input(void);

/** A session with just as many threads; `team`: the program's own, or NULL. */
iou_session *open_session(const iou_model *model, int threads, const iou_team *team);

/** A sum over the bits of all outputs of a run, in order. */
uint64_t run_once(iou_session *session, size_t output_count);

/** The same, of a session that lives for one run. */
uint64_t run_with(const iou_model *model, int threads, const iou_team *team);
