import { describe, expect, it } from 'vitest';

import { createProgress } from '../../../lib/cli/progress.js';
import { duration, progressBar, progressLine, TimeLeft } from '../../../lib/cli/progress-text.js';
import { downloadStates } from '../../../lib/cli/hub.js';
import { componentName } from '../../../lib/cli/component-names.js';

/** A stream that keeps what is written. */
class Recorder {
  text = '';
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  readonly write = (text: unknown): boolean => {
    this.text += String(text);
    return true;
  };
  readonly on = (): this => this;
  readonly once = (): this => this;
  readonly cursorTo = (): boolean => true;
  readonly clearLine = (): boolean => true;
  readonly moveCursor = (): boolean => true;
  readonly getColorDepth = (): number => 1;
}
const stream = (isTTY: boolean, columns?: number): Recorder & NodeJS.WriteStream =>
  new Recorder(isTTY, columns) as unknown as Recorder & NodeJS.WriteStream;
const FIRST = { label: 'Loading', activity: 'loading' };
const step = (done: number) =>
  ({
    label: 'Step',
    activity: 'generating',
    done,
    total: 20,
    detail: '0.53 s each',
    secondsLeft: 9,
  }) as const;

describe('a line of progress', () => {
  it.each([
    [FIRST, 'Loading'],
    [step(3), 'Step 3/20, 0.53 s each, 9 s left'],
    [
      { ...FIRST, label: 'Downloading', done: 1.25e9, total: 3.4e9, unit: 'bytes' },
      'Downloading 1.3 of 3.4 GB',
    ],
    [{ ...FIRST, label: 'Downloading', done: 0, total: 4e6, unit: 'bytes' }, 'Downloading 0.0 of 4.0 MB'],
  ] as const)('%o', (state, line) => {
    expect(progressLine(state)).toBe(line);
  });

  it.each([
    [0, '0 s'],
    [8.2, '9 s'],
    [59.5, '1 min 0 s'],
    [125, '2 min 5 s'],
    [3900, '1 h 5 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, 0],
    [10, 12],
    [20, 24],
    [30, 24],
  ])('%d of 20 fill %d of the bar', (done, full) => {
    expect(progressBar({ ...step(0), done })).toBe('█'.repeat(full) + '░'.repeat(24 - full));
  });

  it('has no bar where nothing is counted', () => {
    expect(progressBar(FIRST)).toBe('');
    expect(progressBar({ ...FIRST, done: 0, total: 0 })).toBe('');
  });
});

describe('the time left', () => {
  it('is estimated from the rate since the start, which may be a resumed one', () => {
    const left = new TimeLeft();
    expect(left.estimate(500, 1000, 0)).toBeUndefined();
    expect(left.estimate(510, 1000, 500)).toBeUndefined();
    expect(left.estimate(600, 1000, 2000)).toBe(8);
  });

  it('is not known while nothing comes', () => {
    const left = new TimeLeft();
    left.estimate(0, 10, 0);
    expect(left.estimate(0, 10, 60_000)).toBeUndefined();
  });
});

describe('progress in a log', () => {
  it('is a plain line for each state, and none twice', () => {
    const output = stream(false);
    const progress = createProgress(FIRST, { output });
    progress.update(step(1));
    progress.update(step(1));
    progress.update(step(2));
    progress.end(false);
    progress.update(step(3));
    expect(output.text).toBe('Loading\nStep 1/20, 0.53 s each, 9 s left\nStep 2/20, 0.53 s each, 9 s left\n');
    expect(progress.state).toEqual(step(2));
  });

  it('does not repeat itself for every piece of a download', () => {
    const output = stream(false);
    const progress = createProgress(FIRST, { output });
    const state = downloadStates();
    for (let bytes = 0; bytes <= 100; bytes++) {
      progress.update(
        state({
          file: 'unet/x',
          fileBytes: bytes,
          fileTotal: 100,
          bytes,
          totalBytes: 100,
          filesDone: bytes === 100 ? 1 : 0,
          files: 1,
        }),
      );
    }
    const lines = output.text.trim().split('\n');
    expect(lines.length).toBeLessThan(5);
    expect(lines.at(-1)).toBe('Downloading 0.0 of 0.0 MB, 1/1 files, unet/x');
  });

  it('is what a terminal without a width gets', () => {
    const output = stream(true, 0);
    createProgress(FIRST, { output }).end(false);
    expect(output.text).toBe('Loading\n');
  });
});

describe('progress on a terminal', () => {
  it('is one line with a bar', () => {
    const output = stream(true);
    const progress = createProgress(FIRST, { output });
    progress.update(step(10));
    progress.end(true);
    expect(output.text).toContain(`Step 10/20, 0.53 s each, 9 s left`);
    expect(output.text.replaceAll(/[^\n]/g, '').length).toBeLessThanOrEqual(1);
  });
});

it('quiet progress shows nothing, and still knows what is going on', () => {
  const output = stream(true);
  const progress = createProgress(FIRST, { output, quiet: true });
  progress.update(step(3));
  progress.end(true);
  expect(output.text).toBe('');
  expect(progress.state).toEqual(step(3));
});

it.each([
  ['unet', 'UNet'],
  ['vae_decoder', 'VAE decoder'],
  ['text_encoder_2', 'second text encoder'],
  ['some_new_part', 'some new part'],
])('%s is the %s for people', (component, name) => {
  expect(componentName(component)).toBe(name);
});
