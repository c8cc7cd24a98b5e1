import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { opened } from '../opened.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'others-'))
  await mkdir(path.join(folder, 'in/sub folder'), { recursive: true })
  await writeFile(path.join(folder, 'in/a.txt'), 'a'.repeat(10_000))
  await writeFile(path.join(folder, 'in/sub folder/ü.bin'), Buffer.alloc(5_000, 1))
})
after(() => rm(folder, { recursive: true }))

function isThere(program: string): boolean {
  const places = (process.env['PATH'] ?? '').split(path.delimiter)
  const found = places.some((place) => existsSync(path.join(place, program)))
  if (!found && process.env['CI']) throw new Error(`${program} has to be installed here`)
  return found
}

/** @param run makes `out` in the folder of the test, of what is in `in` */
function madeBy(program: string, form: string, run: () => void): void {
  test(`${form} is read as it was written`, async (context) => {
    if (!isThere(program)) return context.skip(`there is no ${program}`)
    run()
    const { files, faults, notChecked } = await opened(path.join(folder, 'out'))
    const ends = (name: string) => [...files].find(([entry]) => entry.endsWith(name))?.[1]
    assert.equal(ends('a.txt')?.toString(), 'a'.repeat(10_000))
    assert.deepEqual(ends('ü.bin'), Buffer.alloc(5_000, 1))
    assert.deepEqual([faults.size, notChecked], [0, []])
    await rm(path.join(folder, 'out'))
  })
}

// Java names files by the locale, and ours are no ASCII.
const env = { ...process.env, LC_ALL: 'C.UTF-8' }
const inFolder = { env, get cwd() { return folder } } // biome-ignore format: a line
madeBy(
  'zip',
  'a ZIP of Info-ZIP',
  () => execFileSync('zip', ['-qr', 'out.zip', 'in'], inFolder) && rename('out.zip'),
)
madeBy('zip', 'a ZIP of Info-ZIP that was written to a pipe', () =>
  execFileSync('sh', ['-c', 'zip -qr - in | cat > out'], inFolder),
)
madeBy('jar', 'a JAR', () => execFileSync('jar', ['cf', 'out', '-C', 'in', '.'], inFolder))
madeBy('tar', 'a compressed tar', () => execFileSync('tar', ['czf', 'out', 'in'], inFolder))
madeBy('tar', 'a tar with pax headers', () =>
  execFileSync('tar', ['cf', 'out', '--format=pax', 'in'], inFolder),
)
madeBy('python3', 'a ZIP of Python', () =>
  execFileSync('python3', ['-c', `
import zipfile
with zipfile.ZipFile('out', 'w', zipfile.ZIP_DEFLATED) as z:
    z.write('in/a.txt'); z.write('in/sub folder/ü.bin')
    with z.open('streamed', 'w', force_zip64=True) as f: f.write(b'x' * 100)
`], inFolder),
) // biome-ignore format: a program

function rename(from: string): void {
  execFileSync('mv', [from, 'out'], inFolder)
}

test('what Java and Python packages hold is what Python finds in them', async (context) => {
  if (!isThere('python3')) return context.skip('there is no python3')
  const found = [
    ...archivesIn('/usr/share/java'),
    ...archivesIn('/usr/share/android-framework-res'),
  ]
  if (found.length === 0) return context.skip('there are no archives to compare')
  for (const file of found) {
    const listed = JSON.parse(
      execFileSync('python3', ['-c', listing, file], { encoding: 'utf8', maxBuffer: 2 ** 28 }),
    )
    const { files, faults } = await opened(file)
    assert.equal(faults.size, 0, file)
    const ours = [...files]
      .filter(([entry]) => !entry.includes('!/') && !entry.startsWith('('))
      .map(([entry, bytes]) => [entry, createHash('sha256').update(bytes).digest('hex')])
    assert.deepEqual(ours, listed, file)
  }
  context.diagnostic(`${found.length} archives compared`)
})

/** Names and hashes, without what is opened in its place. */
const listing = `
import hashlib, json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    all = [(i.filename, z.read(i)) for i in z.infolist() if not i.is_dir()]
    skip = (b'PK\\x03\\x04', b'\\x1f\\x8b\\x08')
    print(json.dumps([(n, hashlib.sha256(b).hexdigest()) for n, b in all if b[:4] not in skip and b[:3] not in skip]))
`

function archivesIn(place: string): string[] {
  if (!existsSync(place)) return []
  return readdirSync(place, { withFileTypes: true })
    .filter((item) => item.isFile() && /\.(jar|apk)$/.test(item.name))
    .map(({ name }) => path.join(place, name))
    .slice(0, 25)
}
