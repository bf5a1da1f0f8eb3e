import { ConfigurableScheduler, type SchedulerClass } from './configurable-scheduler.js';
import type { Scheduler } from './scheduler.js';

/**
 * The overrides that make a scheduler from another configuration: `Class.fromConfig(config, overrides)`.
 *
 * @param config - such as a model's scheduler_config.json
 * @param always - keys to include although they do not differ
 * @returns nothing for a scheduler without a configuration of diffusers' form
 * @internal
 */
export function configOverrides(
  scheduler: Scheduler,
  config: object,
  always: readonly string[],
): Readonly<Record<string, unknown>> {
  if (!(scheduler instanceof ConfigurableScheduler)) return {};
  const { constructor } = scheduler as unknown as { constructor: SchedulerClass };
  const { schema } = constructor.definition;
  const own = ConfigurableScheduler.fromConfig.call(constructor, config).config as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(scheduler.config).filter(
      ([key, value]) => Object.hasOwn(schema.shape, key) && (always.includes(key) || value !== own[key]),
    ),
  );
}
