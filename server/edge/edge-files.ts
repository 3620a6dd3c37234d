import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { edgeGuide } from './edge-guide.ts';
import type { EdgePlan } from './edge-plan.ts';
import { nginxConfig } from './nginx-config.ts';
import { varnishArguments, varnishConfig } from './varnish-config.ts';

/** Where an edge's files go on its machine. */
export const INSTALLED = {
  nginx: '/etc/nginx/nginx.conf',
  vcl: '/etc/varnish/yuanjiao.vcl',
  unit: '/etc/systemd/system/varnish.service.d/yuanjiao.conf',
} as const;

/** One file of an edge. */
export interface EdgeFile {
  readonly name: string;
  readonly text: string;
  /** May be read by its owner alone. */
  readonly isSecret: boolean;
}

/** Everything an edge needs besides the programs. */
export function edgeFiles(plan: EdgePlan): readonly EdgeFile[] {
  const files: EdgeFile[] = [
    { name: 'nginx.conf', text: nginxConfig(plan), isSecret: plan.secret !== undefined },
  ];
  if (plan.varnish !== undefined) {
    files.push(
      { name: 'varnish.vcl', text: varnishConfig(plan), isSecret: false },
      { name: 'varnish-override.conf', text: varnishUnit(plan), isSecret: false },
    );
  }
  files.push({ name: 'README.md', text: edgeGuide(plan, INSTALLED), isSecret: false });
  return files;
}

/** Writes the files of an edge into a folder, each whole or not at all. Gives their paths. */
export async function writeEdgeFiles(plan: EdgePlan, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const { name, text, isSecret } of edgeFiles(plan)) {
    const path = resolve(folder, name);
    const part = join(folder, `.${name}.part`);
    await writeFile(part, text, { mode: isSecret ? 0o600 : 0o644 });
    await chmod(part, isSecret ? 0o600 : 0o644);
    await rename(part, path);
    paths.push(path);
  }
  return paths;
}

function varnishUnit(plan: EdgePlan): string {
  const words = varnishArguments(plan, INSTALLED.vcl).join(' ');
  return `# Edge ${plan.name}: made by "yuanjiao edge-config".
[Service]
ExecStart=
ExecStart=/usr/sbin/varnishd -j unix,user=vcache -F ${words}
`;
}
