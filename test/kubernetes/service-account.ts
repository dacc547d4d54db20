/** The directory /var/run/secrets/kubernetes.io/serviceaccount as kubelet writes it: swapped as a whole by one rename. */
import {
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface AccountFiles {
  readonly token: string;
  readonly ca: string;
  readonly namespace: string;
}

export class ServiceAccountDirectory {
  readonly path: string;
  readonly tokenFile: string;
  readonly caFile: string;
  #swaps = 0;
  #files: AccountFiles;

  constructor(files: AccountFiles) {
    this.path = mkdtempSync(join(tmpdir(), 'fake-service-account-'));
    this.tokenFile = join(this.path, 'token');
    this.caFile = join(this.path, 'ca.crt');
    this.#files = files;
    this.swap(files);
    for (const name of ['token', 'ca.crt', 'namespace']) symlinkSync(join('..data', name), join(this.path, name));
  }

  /** New files in a new directory, then `..data` points there from one moment to the next, then the old one goes. */
  swap(changed: Partial<AccountFiles>): void {
    this.#files = { ...this.#files, ...changed };
    this.#swaps += 1;
    const directory = `..2026_11_21_08_00_00.${String(this.#swaps).padStart(9, '0')}`;
    mkdirSync(join(this.path, directory));
    writeFileSync(join(this.path, directory, 'token'), this.#files.token, { mode: 0o600 });
    writeFileSync(join(this.path, directory, 'ca.crt'), this.#files.ca);
    writeFileSync(join(this.path, directory, 'namespace'), this.#files.namespace);
    const before = this.#current();
    symlinkSync(directory, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    if (before !== undefined) rmSync(join(this.path, before), { recursive: true });
  }

  /** No file at all, as between two mounts; swap() brings it back. */
  takeAway(): void {
    const before = this.#current();
    if (before === undefined) return;
    unlinkSync(join(this.path, '..data'));
    rmSync(join(this.path, before), { recursive: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #current(): string | undefined {
    try {
      return readlinkSync(join(this.path, '..data'));
    } catch {
      return undefined;
    }
  }
}
