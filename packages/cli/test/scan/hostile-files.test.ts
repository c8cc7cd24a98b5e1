import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { newFolder, type Ran, sallyport } from '../sallyport.ts'

type Document = {
  file: string
  unread: { path: string; why: string }[]
  findings: { rule: string }[]
}

describe('scan, of what is no package and no report', () => {
  const folder = newFolder()
  const key = 'key.pem'
  const run = (...args: string[]): Promise<Ran> => sallyport(['scan', ...args], { cwd: folder })
  const written = (name: string, text: string | Buffer): string => {
    writeFileSync(path.join(folder, name), text)
    return name
  }

  before(() => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    written(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    mkdirSync(path.join(folder, 'empty'))
    execFileSync('mkfifo', [path.join(folder, 'pipe')])
  })

  test('a page of an error that was saved as a package is exit code 3, whatever fails', async () => {
    const page = written('app-release.apk', '<html>502 Bad Gateway</html>')
    for (const more of [[], ['--fail-on', 'never']]) {
      const { code, stdout, stderr } = await run(page, '--format', 'json', ...more)
      assert.equal(code, 3)
      assert.match(stderr, /A package could not be read: app-release\.apk/)
      assert.match(stderr, /The package could not be read: exit code 3, whatever was found/)
      const { unread } = JSON.parse(stdout) as Document
      assert.match(unread[0]?.why ?? '', /its content is none/)
    }
  })

  test('the others are scanned, and exit code 3 goes before what is found in them', async () => {
    const page = written('app-release.aab', '<html>502 Bad Gateway</html>')
    const { code, stdout } = await run('nowhere.apk', page, key, '--json')
    assert.equal(code, 3)
    const [first, second] = JSON.parse(stdout) as Document[]
    assert.deepEqual([first?.file, second?.file], [page, key])
    assert.deepEqual(
      second?.findings.map(({ rule }) => rule),
      ['private-key'],
    )
  })

  test('a folder without files, a pipe and a device are told, and nothing waits for them', async () => {
    for (const file of ['empty', 'pipe', '/dev/zero']) {
      assert.equal((await run(file)).code, 3, file)
    }
  })

  test('an older build that could not be read is compared with nothing', async () => {
    const page = written('old.apk', '<html>502 Bad Gateway</html>')
    const { code, stdout, stderr } = await run(key, '--diff', page)
    assert.deepEqual([code, stdout], [3, ''])
    assert.match(stderr, /A package could not be read: old\.apk/)
  })

  test('an older report of a package that could not be read is told to be one', async () => {
    const page = written('cut.apk', '<html>502 Bad Gateway</html>')
    await run(page, '--format', 'json', '--output', 'cut.json')
    const { code, stderr } = await run(key, '--diff', 'cut.json')
    assert.equal(code, 1)
    assert.match(stderr, /cut\.json is of a package that could not be read/)
  })

  test('JSON that is no report is wrong use, also for --diff', async () => {
    const deep = written('deep.json', '['.repeat(500_000))
    const newer = written('newer.json', '{"schema":"urn:sallyport:scan-report:2"}')
    for (const file of [deep, newer, written('types.json', '{"findings":{"length":3}}')]) {
      for (const option of ['--baseline', '--diff']) {
        const { code, stderr } = await run(key, option, file)
        assert.equal(code, 2, `${option} ${file}: ${stderr}`)
        assert.match(stderr, /is no report of a scan/)
      }
    }
    assert.match((await run(key, '--baseline', newer)).stderr, /found +a report, of urn:.*:2/)
  })

  test('a baseline that is a pipe, a device or a folder is refused at once', async () => {
    for (const file of ['pipe', '/dev/zero', 'empty']) {
      assert.equal((await run(key, '--baseline', file)).code, 2, file)
    }
  })

  test('a baseline, or an older build, of another app is told to be one', async () => {
    const app = (id: string) => {
      mkdirSync(path.join(folder, id))
      const manifest = `<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="${id}"><application/></manifest>`
      return path.dirname(written(`${id}/AndroidManifest.xml`, manifest))
    }
    const [one, other] = [app('com.example.one'), app('com.example.other')]
    await run(one, '--format', 'json', '--output', 'one.json')
    for (const option of ['--baseline', '--diff']) {
      const { stderr } = await run(other, option, 'one.json')
      assert.match(stderr, /one\.json is of com\.example\.one, and this is com\.example\.other/)
      assert.doesNotMatch((await run(one, option, 'one.json')).stderr, /compared all the same/)
    }
  })

  test('a report does not take the place of what is scanned', async () => {
    const kept = readFileSync(path.join(folder, key), 'utf8')
    linkSync(path.join(folder, key), path.join(folder, 'linked'))
    for (const output of [key, 'linked']) {
      assert.equal((await run(key, '--output', output)).code, 2)
      assert.equal(readFileSync(path.join(folder, key), 'utf8'), kept)
    }
  })
})
