import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import manifest from '../../../package.json' with { type: 'json' };
import { releasePackages } from '../../../scripts/release/release-packages.mjs';
import { billOfMaterials } from '../../../scripts/release/sbom.mjs';

interface Component {
  'bom-ref': string;
  name: string;
  version?: string;
  components?: object[];
}

interface Bill {
  bomFormat: string;
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

describe("the release's bill of materials", () => {
  let temp: string;
  let bill: Bill;
  const named = (name: string): Component | undefined => bill.components.find((one) => one.name === name);

  beforeAll(() => {
    temp = mkdtempSync(join(tmpdir(), 'sbom-'));
    const assembled = releasePackages(['linux-x64'], { full: false }).map((releasePackage) => {
      const folder = join(temp, releasePackage.kind);
      mkdirSync(join(folder, 'lib'), { recursive: true });
      return { releasePackage, folder };
    });
    writeFileSync(join(temp, 'runtime/lib/libtbb.so.12'), 'x\0oneTBB: VERSION\t\t2021.13.1\0x');
    bill = billOfMaterials(assembled) as unknown as Bill;
  });

  afterAll(() => {
    rmSync(temp, { recursive: true });
  });

  it('has every dependency of the package, also those that development needs too, and no others', () => {
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.metadata.component).toMatchObject({ name: manifest.name, version: manifest.version });
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    expect(names).toContain('@openvino-diffusers/shapes');
    expect(names.filter((name) => ['vitest', 'typescript', 'verdaccio'].includes(name))).toEqual([]);
  });

  it("has OpenVINO's libraries with their hashes, and what is inside them", () => {
    const content = createHash('sha256').update('x\0oneTBB: VERSION\t\t2021.13.1\0x').digest('hex');
    expect(named('OpenVINO')).toMatchObject({
      version: manifest.openvino.version,
      components: [{ name: 'libtbb.so.12', hashes: [{ alg: 'SHA-256', content }] }],
    });
    expect(named('oneTBB')).toMatchObject({ version: '2021.13.1' });
    for (const name of ['oneDNN', 'hwloc', 'node-addon-api']) expect(named(name), name).toBeDefined();
  });

  it('depends on nothing that is not in it', () => {
    const refs = [bill.metadata.component, ...bill.components].map((one) => one['bom-ref']);
    const missing = bill.dependencies.flatMap(({ dependsOn }) =>
      dependsOn.filter((on) => !refs.includes(on)),
    );
    expect(missing).toEqual([]);
    expect(new Set(refs).size).toBe(refs.length);
    const ofMain = bill.dependencies.find(({ ref }) => ref === bill.metadata.component['bom-ref']);
    expect(ofMain?.dependsOn).toContain(`@openvino-diffusers/linux-x64@${manifest.version}`);
  });
});
