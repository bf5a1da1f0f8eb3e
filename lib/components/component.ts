import type { ShapedModel } from './shaped-model.js';

/** A network together with what its ports mean. */
export abstract class Component implements AsyncDisposable {
  protected readonly model: ShapedModel;

  protected constructor(model: ShapedModel) {
    this.model = model;
  }

  /** Frees the network and all that was compiled from it. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
