import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { defaultLimits } from '../../src/index.ts'
import { makeZip } from '../make-zip.ts'
import { opened } from '../opened.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'folder-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function put(name: string, bytes: string | Buffer = 'x'): Promise<void> {
  const file = path.join(folder, name)
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, bytes)
}

test('the files of a folder are read by name, and archives in it are opened', async () => {
  await put('z.txt', 'last')
  await put('a/b/key.pem', 'key')
  await put('a/inner.zip', makeZip([{ name: 'c', bytes: 'c' }]))
  const { app, files, sha256, notChecked } = await opened(folder)
  assert.deepEqual([...files.keys()], ['z.txt', 'a/inner.zip!/c', 'a/b/key.pem'])
  assert.equal(app.format, 'folder')
  assert.equal(sha256, undefined)
  assert.deepEqual(notChecked, [])
})

test('an app of iOS is a folder; an APK that was unpacked is one of Android', async () => {
  await put('Info.plist')
  assert.deepEqual(await kind(), ['app', 'ios'])
  await put('AndroidManifest.xml', Buffer.from('0300080000000000', 'hex'))
  assert.deepEqual(await kind(), ['folder', 'android'])
})

test('what is called a package and is none is told', async () => {
  await put('app.apk', '<html>404</html>')
  const { notChecked } = await opened(path.join(folder, 'app.apk'))
  assert.match(JSON.stringify(notChecked), /name is that of a package, and its content is none/)
  await put('app.txt', 'words')
  assert.deepEqual((await opened(path.join(folder, 'app.txt'))).notChecked, [])
})

async function kind() {
  const { app } = await opened(folder)
  return [app.format, app.platform]
}

test('links are not followed, and what is no file is left alone, with a line each', async () => {
  await put('file')
  await symlink('/etc', path.join(folder, 'link-to-folder'))
  await symlink('file', path.join(folder, 'link-to-file'))
  await symlink('.', path.join(folder, 'link-to-itself'))
  execFileSync('mkfifo', [path.join(folder, 'pipe')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path.join(folder, 'socket'), resolve))
  try {
    const { files, notChecked } = await opened(folder)
    assert.deepEqual([...files.keys()], ['file'])
    assert.deepEqual(notChecked.map(({ path: name, why }) => `${name}: ${why}`).toSorted(), [
      'link-to-file: link: not followed',
      'link-to-folder: link: not followed',
      'link-to-itself: link: not followed',
      'pipe: neither a file nor a folder: not read',
      'socket: neither a file nor a folder: not read',
    ])
    await assert.rejects(opened(path.join(folder, 'pipe')), /neither a file nor a folder/)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})

test('files of a folder are counted, and large ones come in pieces', async () => {
  const large = Buffer.from(Array.from({ length: 5_000 }, (_, index) => `${index} `).join(''))
  for (const name of ['a', 'b', 'c', 'd']) await put(name, large)
  const limits = {
    ...defaultLimits,
    entries: 3,
    wholeEntryBytes: 1_000,
    pieceBytes: 2_000,
    overlapBytes: 50,
  }
  const { files, notChecked, app } = await opened(folder, limits)
  assert.deepEqual([...files.values()], [large, large, large])
  assert.equal(app.bytes, 3 * large.length)
  assert.match(notChecked[0]?.why ?? '', /more files than are looked at: the first 3 were read/)
})

test('names that are no text are printable, and their files are read', async () => {
  const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x61, 0xff, 0x0a])])
  await writeFile(name, 'odd')
  const { files } = await opened(folder)
  assert.equal(files.get('a\\xff\\x0a')?.toString(), 'odd')
})

test('a file that is not there is an error of the file system', async () => {
  await assert.rejects(opened(path.join(folder, 'nothing')), { code: 'ENOENT' })
})
