import { binding } from './loading/load-binding.js';
import { native } from './native-errors.js';

/**
 * Fills an array with the next standard-normal numbers of torch's CPU generator, some eight times faster than
 * JavaScript does.
 *
 * @param state - of the Mersenne twister: its 624 words and the index of the next; is advanced
 * @param out - of 16 elements or more
 * @throws InvalidArgumentError for arrays of another kind or size
 * @throws RuntimeNotFoundError when the addon or the OpenVINO runtime cannot be loaded
 * @see https://pytorch.org/docs/stable/generated/torch.randn.html
 */
export function fillNormal(state: Uint32Array, out: Float32Array): void {
  native(() => {
    binding().fillNormal(state, out);
  });
}
