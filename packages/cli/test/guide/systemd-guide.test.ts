import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { isInstalled, run } from '../acceptance/program.ts'
import { newFolder } from '../sallyport.ts'
import { blocksOf, pageOf, shellLines } from './guide.ts'

const page = pageOf('systemd')
const [whole = '', ofRole = ''] = blocksOf(page, 'ini')

/** What systemd knows (systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.kill(5)), as far as the page has it. */
const known: Readonly<Record<string, ReadonlySet<string>>> = {
  Unit: new Set(['Description', 'Wants', 'After']),
  Service: new Set(
    `User WorkingDirectory EnvironmentFile ExecStart ExecReload KillMode TimeoutStopSec Restart LimitCORE
     NoNewPrivileges PrivateTmp ProtectHome ProtectSystem ReadWritePaths AmbientCapabilities`.split(
      /\s+/,
    ),
  ),
  Install: new Set(['WantedBy']),
}

/** The lines of a unit: section, name, value; also those that are to be taken in. */
function settingsOf(unit: string): { section: string; name: string; value: string }[] {
  let section = ''
  return unit.split('\n').flatMap((line) => {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section
    const [, name, value] = /^(?:# )?([A-Z]\w+)=(.*)$/.exec(line) ?? []
    return name === undefined || value === undefined ? [] : [{ section, name, value }]
  })
}

/** The unit of a role: its lines in the place of those that the whole has. */
function unitOfRole(): string {
  return settingsOf(ofRole).reduce((unit, { name, value }) => {
    const line = new RegExp(`^${name}=.*$`, 'm')
    assert.match(unit, line)
    return unit.replace(line, () => `${name}=${value}`)
  }, whole)
}

test('every line of the units is one that systemd has, in its section', () => {
  for (const unit of [whole, ofRole]) {
    for (const { section, name } of settingsOf(unit)) {
      assert.ok(known[section]?.has(name), `[${section}] ${name}`)
    }
  }
  for (const role of ['signer', 'authority', 'gateway']) {
    const named = shellLines(page).some((line) => line.includes(`sallyport@${role}`))
    assert.ok(named, `the page starts no ${role}`)
  }
})

test('systemd takes both units, without a word', async (t) => {
  // Not every machine runs systemd; what it would say of names the test before holds everywhere.
  if (!isInstalled('systemd-analyze')) return t.skip('not installed: systemd-analyze')
  const folder = newFolder()
  mkdirSync(folder, { recursive: true })
  const program = path.join(folder, 'sallyport')
  writeFileSync(program, '#!/bin/sh\n')
  chmodSync(program, 0o755)
  const write = (name: string, unit: string) => {
    const file = path.join(folder, name)
    writeFileSync(file, unit.replaceAll('/opt/sallyport/node_modules/.bin/sallyport', program))
    return file
  }
  const files = [
    write('sallyport.service', whole),
    write('sallyport@signer.service', unitOfRole()),
    write('sallyport-wrong.service', whole.replace('KillMode=mixed', 'KillMod=mixed')),
  ]
  for (const file of files.slice(0, 2)) {
    const { exitCode, output } = await run('systemd-analyze', ['verify', file])
    assert.deepEqual([exitCode, ofOurs(output)], [0, ''], output)
  }
  const { output } = await run('systemd-analyze', ['verify', String(files[2])])
  assert.match(ofOurs(output), /KillMod/)
})

/** It tells of other units of the machine as well. */
function ofOurs(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.includes('sallyport'))
    .join('\n')
}
