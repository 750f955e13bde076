import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../lib/package/build.ts';
import { typesEntry } from '../../lib/package/types.ts';
import { deadLinks } from '../docs/dead-links.ts';
import { assemblyOf } from '../stack/synth.ts';

const name = 'firehose-event-producer';
const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const peers = ['aws-cdk-lib', 'constructs'];

/** `PEERS=lowest` has the lowest peers installed, which needs a network: .ci/run does it. */
const isLowest = process.env.PEERS === 'lowest';

/** A fresh app, with the package and its peers. */
const app = mkdtempSync(join(tmpdir(), 'app-'));
const installed = join(app, 'node_modules', name);
let tarball: string;
let files: string[];

beforeAll(async () => {
  await buildPackage(join(process.cwd(), 'dist'));
  const packed = ['pack', '--json', '--ignore-scripts', '--pack-destination', app];
  const [{ filename, files: listed }] = JSON.parse(
    execFileSync('npm', packed, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  tarball = join(app, filename);
  files = listed.map(({ path }: { path: string }) => path);

  writeFileSync(join(app, 'package.json'), '{"name":"my-app","private":true,"type":"module"}');
  const quiet = ['--no-audit', '--no-fund', '--legacy-peer-deps'];
  if (isLowest) {
    const lowest = peers.map((peer) => `${peer}@${peerDependencies[peer].replace('^', '')}`);
    execFileSync('npm', ['install', ...quiet, tarball, ...lowest], { cwd: app, stdio: 'ignore' });
  } else {
    execFileSync('npm', ['install', ...quiet, '--offline', tarball], { cwd: app, stdio: 'ignore' });
    for (const peer of peers) {
      symlinkSync(join(process.cwd(), 'node_modules', peer), join(app, 'node_modules', peer));
    }
  }
});

afterAll(() => rmSync(app, { recursive: true }));

function runInApp(program: string, environment: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(app, 'app.mjs'), program);
  return spawnSync(process.execPath, ['app.mjs'], {
    cwd: app,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

/** The files of each asset of an assembly, sorted. */
function assetsIn(directory: string): string[][] {
  return readdirSync(directory)
    .filter((entry) => entry.startsWith('asset.'))
    .map((asset) =>
      readdirSync(join(directory, asset)).map((file) => readFileSync(join(directory, asset, file), 'utf8')),
    )
    .sort();
}

describe('the tarball', () => {
  it('has at most 2 MB, and nothing but what is needed', () => {
    const needed = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^dist\/(index|cli)\.cjs$/,
      /^dist\/(commands|app|chunk-[A-Z0-9]{8})\.mjs$/,
      /^dist\/(functions\.json\.br|cdk\.json|THIRD-PARTY-LICENSES\.txt)$/,
      /^dist\/types\/(package\.json|(lib|lambda)\/[a-z/-]+\.d\.ts)$/,
      /^docs\/[a-z-]+\.(md|svg|png)$/,
      /^docs\/decisions\/\d{4}-[a-z-]+\.md$/,
      /^docs\/(test-)?events\/[a-z-]+\.(json|csv|txt)$/,
    ];
    expect(statSync(tarball).size).toBeLessThanOrEqual(2_000_000);
    expect(files.filter((file) => !needed.some((pattern) => pattern.test(file)))).toEqual([]);
    for (const pattern of needed) {
      expect(files.some((file) => pattern.test(file))).toBe(true);
    }
  });

  it('contains no path of the machine that built it', () => {
    for (const file of files.filter((path) => !path.endsWith('.br'))) {
      const text = readFileSync(join(installed, file), 'utf8');
      expect(text.includes(process.cwd()) || text.includes(`${homedir()}/`)).toBe(false);
    }
  });

  it('has no dead link', () => {
    const pages = files.filter((file) => file.endsWith('.md'));

    expect(pages.length).toBeGreaterThan(20);
    expect(pages.flatMap((page) => deadLinks(join(installed, page)))).toEqual([]);
  });

  it('needs nothing but its peers', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest.dependencies).toBeUndefined();
    expect(Object.keys(manifest.peerDependencies)).toEqual(['@duckdb/node-api', ...peers]);
    expect(manifest.engines.node).toBe('>=20.20');
  });
});

describe('an app with the package', () => {
  const program = `
    import { App, Stack } from 'aws-cdk-lib';
    import { EventProducer } from '${name}';
    const app = new App();
    for (const [id, props] of Object.entries(JSON.parse(process.env.STACKS))) {
      new EventProducer(new Stack(app, id), 'Producer', props);
    }
    app.synth();`;

  it('synthesizes without a warning, and has the functions of the repository', () => {
    // Prepare
    const event = 'docs/events/apache-access.txt';
    const stacks = { Events: { count: 10 }, Words: { eventTemplate: readFileSync(event, 'utf8') } };
    const assembly = mkdtempSync(join(app, 'cdk.out-'));

    // Act
    const { status, stdout, stderr } = runInApp(program, {
      STACKS: JSON.stringify(stacks),
      CDK_OUTDIR: assembly,
    });

    // Assess
    expect([status, stdout, stderr]).toEqual([0, '', '']);
    expect(assetsIn(assembly)).toHaveLength(4);
    expect(assetsIn(assembly)).toEqual([assemblyOf(), assemblyOf({ event })].flatMap(assetsIn).sort());
  });

  it('has one class for import and require', () => {
    // Act
    const { stdout, stderr } = runInApp(`
      import { createRequire } from 'node:module';
      import { EventProducer } from '${name}';
      console.log(createRequire(import.meta.url)('${name}').EventProducer === EventProducer);`);

    // Assess
    expect([stdout, stderr]).toEqual(['true\n', '']);
  });

  it('gets an error for an invalid prop', () => {
    const { stderr } = runInApp(program, { STACKS: '{"Events":{"count":0}}' });

    expect(stderr).toContain(
      'PropError: Events/Producer/Function: count is 0: expected a whole number from 1 to',
    );
  });

  it.each(['dist/index.cjs', 'dist/commands.mjs', 'lib/package/api.ts', 'package.json', 'dist/cdk.json'])(
    'cannot import %s',
    (path) => {
      const { stderr } = runInApp(`import '${name}/${path}';`);

      expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED');
    },
  );

  it('compiles the example of each name that it can import', () => {
    // Prepare
    const types = join(installed, 'dist/types');
    const api = readFileSync(join(types, typesEntry), 'utf8');
    const names = [...api.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list = '']) =>
      list.split(',').map((one) => one.replace('type ', '').trim()),
    );
    const declarations = readdirSync(types, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.d.ts'))
      .map((file) => readFileSync(join(types, file), 'utf8'))
      .join('\n');
    mkdirSync(join(app, 'examples'), { recursive: true });
    for (const exported of names) {
      const declared = new RegExp(
        `/\\*\\*((?:(?!\\*/).)*)\\*/\\s*export (?:declare )?(?:class|interface|type) ${exported}\\b`,
        's',
      );
      const [, comment = ''] = declared.exec(declarations) ?? [];
      const [, example] = /@example\s*\n \* ```ts\n([\s\S]*?)\n \* ```/.exec(comment) ?? [];
      expect(example, exported).toBeDefined();
      writeFileSync(join(app, 'examples', `${exported}.ts`), example!.replaceAll(/^ \* ?/gm, ''));
    }
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'ES2023',
          module: 'NodeNext',
          strict: true,
          noEmit: true,
          skipLibCheck: true,
          types: ['node'],
          typeRoots: [join(process.cwd(), 'node_modules/@types')],
        },
        include: ['examples'],
      }),
    );

    // Act
    const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', app], { encoding: 'utf8' });

    // Assess
    expect(names.length).toBeGreaterThan(5);
    expect(stdout).toBe('');
  });
});

describe('an older Node gets one sentence', () => {
  const sentence = `${name} needs Node 20.20 or newer: this is 18.20.8`;

  it.each([
    ['the command', `node_modules/.bin/${name}`, new RegExp(`^${sentence}\n$`)],
    ['import', 'app.mjs', new RegExp(`\\[?${sentence}\\]?\n\nNode`)],
    ['require', 'app.cjs', new RegExp(`\\[?${sentence}\\]?\n\nNode`)],
  ])('from %s', (_, program, expected) => {
    // Prepare
    const node = `{ value: { ...process.versions, node: '18.20.8' } }`;
    writeFileSync(join(app, 'older.cjs'), `Object.defineProperty(process, 'versions', ${node});`);
    writeFileSync(join(app, 'app.mjs'), `import '${name}';`);
    writeFileSync(join(app, 'app.cjs'), `require('${name}');`);

    // Act
    const { status, stderr } = spawnSync(process.execPath, ['-r', './older.cjs', program], {
      cwd: app,
      encoding: 'utf8',
    });

    // Assess
    expect(status).not.toBe(0);
    expect(stderr).toMatch(expected);
  });
});

describe(`npx ${name}`, () => {
  const command = join(app, 'node_modules', '.bin', name);
  const run = (...args: string[]) =>
    promisify(execFile)(command, args, { cwd: app }).catch(
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  it('sends events on this machine, with no AWS account, and proves that all arrived', async () => {
    // Act
    const started = await run('start', '--count', '1000');
    const verified = await run('verify', '--json');
    const queried = await run('query');

    // Assess
    expect(started.stdout).toContain('1,000 events delivered, every one acknowledged');
    expect(started.stdout).toMatch(/landed {3}1 object, [\d,]+ bytes, in /);
    expect(started.stdout).toContain(`npx ${name} start --count 1000000`);
    expect(started.stdout).toMatch(/\nProven: all 1,000 events are in the bucket, .*\n$/);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      complete: true,
      runs: [{ present: 1_000, missing: 0 }],
    });
    expect(queried.stdout).toContain(`npx ${name} query --name landed`);
  });

  it('reports in one line that SQL needs DuckDB', async () => {
    expect(await run('query', 'select 1')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: DuckDB is not installed: npm install @duckdb\/node-api .*\n$/),
    });
  });

  it('lists its commands, and prints its version', async () => {
    // Act
    const [help, version] = await Promise.all([run(), run('--version')]);

    // Assess
    expect(help.stdout).toContain(`Usage: npx ${name} <command> [options]`);
    expect(help.stdout).toContain('\n  verify ');
    expect(version).toEqual({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
  });
});
