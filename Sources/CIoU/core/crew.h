/* Plain threads that serve one caller: they begin with the first job, sleep between jobs and end
 * with the crew. */
#ifndef IOU_CREW_H
#define IOU_CREW_H

#include "iou/iou.h"

typedef struct iou_crew iou_crew;

/** A crew of `threads` >= 2, the caller being one of them. NULL without memory. */
iou_crew *iou_crew_create(int threads);
void iou_crew_destroy(iou_crew *crew); /**< accepts NULL */

/** One job: body(argument, thread, n) for each thread below n, which is less than the crew's
 * threads where the system gives no more. */
void iou_crew_run(iou_crew *crew, iou_team_body body, void *argument);

#endif
