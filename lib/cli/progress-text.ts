/** How far a piece of work is. */
export interface ProgressState {
  /** What a line of progress begins with, e.g. 'Step' or 'Compiled the UNet'. */
  readonly label: string;
  /** Completes 'Stopped while …', e.g. 'compiling'. */
  readonly activity: string;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  /** What `done` and `total` count. Default: items. */
  readonly unit?: 'bytes' | undefined;
  readonly detail?: string | undefined;
  readonly secondsLeft?: number | undefined;
}

const BAR_WIDTH = 24;

/** One line: `Step 3/20, 0.53 s each, 9 s left`. */
export function progressLine(state: ProgressState): string {
  const { label, detail, secondsLeft } = state;
  const amount = amountOf(state);
  const parts = [
    amount === undefined ? label : `${label} ${amount}`,
    ...(detail === undefined ? [] : [detail]),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ];
  return parts.join(', ');
}

/** A bar for terminals, `██████░░░░░░`; empty where there is nothing to count. */
export function progressBar({ done, total }: ProgressState): string {
  if (done === undefined || total === undefined || total <= 0) return '';
  const full = Math.round(Math.min(1, Math.max(0, done / total)) * BAR_WIDTH);
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** `done` and `total`: `3/20`, or `1.2 of 3.4 GB`. */
export function amountOf({ done, total, unit }: ProgressState): string | undefined {
  if (done === undefined || total === undefined) return undefined;
  if (unit !== 'bytes') return `${done}/${total}`;
  const [divisor, name] = total >= 1e9 ? [1e9, 'GB'] : [1e6, 'MB'];
  return `${(done / divisor).toFixed(1)} of ${(total / divisor).toFixed(1)} ${name}`;
}

/** `9 s`, `2 min 5 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Estimates the time left of work at a steady rate, from the first call on. */
export class TimeLeft {
  #start: { time: number; done: number } | undefined;

  /**
   * @param now - milliseconds
   * @returns seconds; undefined in the first second, when a guess would be wild
   */
  estimate(done: number, total: number, now = performance.now()): number | undefined {
    this.#start ??= { time: now, done };
    const seconds = (now - this.#start.time) / 1000;
    const progressed = done - this.#start.done;
    return seconds < 1 || progressed <= 0 ? undefined : (seconds / progressed) * (total - done);
  }
}
