import { Scheduler, type SchedulerClass } from '../schedulers/index.js';

export function isScheduler(value: unknown): value is Scheduler {
  return value instanceof Scheduler;
}

/** Whether a value is one of the scheduler classes, or a user's own. */
export function isSchedulerClass(value: unknown): value is SchedulerClass {
  return typeof value === 'function' && 'definition' in value && 'fromConfig' in value;
}
