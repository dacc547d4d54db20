import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryDirectory, writeFiles } from './write-files.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'] as const;
const LONGEST_MS = 60_000;
const LARGEST_OUTPUT = 1024 * 1024;
const FLAGS = [
  '--headless',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
] as const;

/** The program that `wanted` names, or the first usual one on PATH. @throws Error that says what to do. */
export function findChromium(wanted: string | undefined, path = process.env.PATH ?? ''): string {
  if (wanted !== undefined) {
    if (!isProgram(wanted)) throw new Error(`--chromium ${JSON.stringify(wanted)}: it is no program`);
    return resolve(wanted);
  }
  const directories = path.split(delimiter).filter((directory) => directory !== '');
  const found = NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find(isProgram);
  if (found !== undefined) return found;
  throw new Error(
    `no ${NAMES.slice(0, 3).join(', ')} on PATH to draw pictures with: install one, name it with --chromium, or write pages with --format html`,
  );
}

/** The page as PNG. @throws Error with what the program said. */
export async function drawPicture(
  program: string,
  text: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const profile = temporaryDirectory('badgateway-preview-');
  const [page, picture] = [join(profile, 'page.html'), join(profile, 'page.png')];
  // It refuses to run as root with its sandbox; the page has no scripts and loads nothing.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const own = [`--user-data-dir=${profile}`, `--screenshot=${picture}`, `--window-size=${width},${height}`];
  try {
    writeFiles(profile, new Map([['page.html', text]]));
    const { stderr } = await promisify(execFile)(program, [...FLAGS, ...asRoot, ...own, pathToFileURL(page).href], {
      timeout: LONGEST_MS,
      maxBuffer: LARGEST_OUTPUT,
      killSignal: 'SIGKILL',
      env: { ...process.env, HOME: profile },
    });
    if (!existsSync(picture)) throw new Error(stderr.trim().split('\n').at(-1) ?? '');
    return wholePicture(readFileSync(picture));
  } catch (error) {
    const { killed, message } = error as { killed?: boolean; message: string };
    const why = killed === true ? `it was not done in ${LONGEST_MS / 1000} s` : message.slice(0, 500);
    throw new Error(`${program} draws no picture: ${why}; --format html needs no browser`);
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A browser says nothing of a disk that took only a part. */
function wholePicture(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', bytes.length - 8, bytes.length - 4) === 'IEND') return bytes;
  throw new Error(`there was no room for a whole one in ${tmpdir()}, which TMPDIR may change`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
