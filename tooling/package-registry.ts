import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';

export interface PackageRegistry {
  /** With a slash at its end. */
  readonly url: string;
  close(): Promise<void>;
}

interface Published {
  readonly name: string;
  readonly version: string;
  readonly manifest: object;
  readonly file: string;
  readonly content: Buffer;
}

/** Serves tarballs as a registry does, so that `npm install @backstitch/…` is what its reader types and gets what would be published. */
export async function openPackageRegistry(tarballs: readonly string[]): Promise<PackageRegistry> {
  const published = tarballs.map(readTarball);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/').slice(1);
    const asked = published.find(({ name }) => name === path);
    const file = published.find((each) => path === `-/${each.file}`);
    if (asked !== undefined) response.setHeader('content-type', 'application/json').end(packument(asked, url));
    else if (file !== undefined) response.end(file.content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What stands in the tarball, and not in the sources: packing has put versions where the workspace was meant. */
function readTarball(tarball: string): Published {
  const text = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
  const manifest = JSON.parse(text) as { readonly name: string; readonly version: string };
  const { name, version } = manifest;
  return { name, version, manifest, file: basename(tarball), content: readFileSync(tarball) };
}

function packument({ name, version, manifest, file, content }: Published, url: string): string {
  const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const dist = { tarball: `${url}-/${file}`, integrity };
  return JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } });
}
