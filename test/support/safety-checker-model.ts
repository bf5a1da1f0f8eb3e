import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const fixtures = join(import.meta.dirname, '../fixtures/export');

/** The small model with the small safety checker, whose images have 24 pixels a side. */
export async function writeModelWithSafetyChecker(folder: string): Promise<void> {
  await cp(join(fixtures, 'sd1'), folder, { recursive: true });
  await cp(join(fixtures, 'safety_checker'), join(folder, 'safety_checker'), { recursive: true });
  const path = join(folder, 'model_index.json');
  const index = JSON.parse(await readFile(path, 'utf8')) as object;
  const named = {
    ...index,
    safety_checker: ['stable_diffusion', 'StableDiffusionSafetyChecker'],
    feature_extractor: ['transformers', 'CLIPImageProcessor'],
    requires_safety_checker: true,
  };
  await writeFile(path, JSON.stringify(named));
  await mkdir(join(folder, 'feature_extractor'));
  await writeFile(
    join(folder, 'feature_extractor/preprocessor_config.json'),
    JSON.stringify({ image_processor_type: 'CLIPImageProcessor', size: 24, crop_size: 24 }),
  );
}
