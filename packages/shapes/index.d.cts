/** Absolute path of the model, a folder in diffusers' layout with weights in fp16. */
export const modelFolder: string;
