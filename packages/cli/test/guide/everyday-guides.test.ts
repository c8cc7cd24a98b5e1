import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { blocksOf, pageOf, shellLines } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'

/** Pages whose lines are run one after another, on one deployment that nobody has enrolled at yet. */
const pages = ['sessions', 'limits', 'modes', 'tokens'] as const

/** What a line says where nothing of the kind has happened; all others go through. */
const refused: Readonly<Record<string, RegExp>> = {
  'sallyport sessions end --device': /not_found/,
}

/** In the place of what a page leaves out. */
const filledIn = (line: string): string =>
  line.replace('8f2c…', '8f2c').replace('dev_…', `dev_${'a'.repeat(26)}`)

describe('the lines of everyday pages, as they are written', { timeout: 240_000 }, () => {
  let deployment: GuideDeployment
  before(async () => {
    deployment = await guideDeployment({ alone: true })
    const [settings = ''] = blocksOf(pageOf('sessions'), 'yaml')
    deployment.configure(settings)
    mkdirSync(path.join(deployment.directory, 'secrets'), { mode: 0o700 })
    await deployment.shell('umask 077; openssl rand -base64 32 > secrets/backend')
    writeFileSync(path.join(deployment.directory, 'token.txt'), 'an opaque token\n')
    await deployment.serve()
  })
  after(() => deployment.end())

  for (const page of pages) {
    for (const line of shellLines(pageOf(page))) {
      test(`${page}: ${line}`, async () => {
        const [, words] = Object.entries(refused).find(([start]) => line.startsWith(start)) ?? []
        if (words === undefined) await deployment.shell(filledIn(line))
        else await assert.rejects(deployment.shell(filledIn(line)), words)
      })
    }
  }
})
