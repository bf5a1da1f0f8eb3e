import { locateScheduler } from '../hub/index.js';
import { setSchedulerLocator } from '../schedulers/scheduler-location.js';

// The schedulers know nothing of the hub, so that they load without it on their own.
setSchedulerLocator(locateScheduler);
