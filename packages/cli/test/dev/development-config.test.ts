import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/configuration/schema.ts'
import {
  developmentConfig,
  type Ports,
  readPorts,
  withPorts,
} from '../../src/dev/development-config.ts'
import { developmentLayout } from '../../src/dev/layout.ts'
import { newFolder } from '../sallyport.ts'

const ports: Ports = {
  gateway: 1001,
  device: 1002,
  admin: 1003,
  authorityOperations: 1004,
  gatewayOperations: 1005,
  upstream: 1006,
}
const others: Ports = {
  gateway: 20_001,
  device: 20_002,
  admin: 20_003,
  authorityOperations: 20_004,
  gatewayOperations: 20_005,
  upstream: 20_006,
}
const layout = developmentLayout(newFolder())

function written(text: string): string {
  const file = path.join(newFolder(), 'sallyport.yaml')
  writeFileSync(file, text)
  return file
}

test('the file that dev writes is valid', () => {
  loadConfig(written(developmentConfig(layout, ports)))
})

test('ports are read back as they were written', () => {
  assert.deepEqual(readPorts(written(developmentConfig(layout, ports))), ports)
})

test('a file whose ports were changed differs in nothing else', () => {
  const text = developmentConfig(layout, ports).replace('# explain:', '# my own words:')
  const changed = withPorts(text, others)
  assert.deepEqual(readPorts(written(changed)), others)
  assert.equal(changed, developmentConfig(layout, others).replace('# explain:', '# my own words:'))
  assert.equal(withPorts(changed, ports), text)
})

test('a file that was edited beyond recognition keeps what is left of it', () => {
  const text = 'version: 1\ntrustDomain: example.com\n'
  assert.equal(withPorts(text, ports), text)
  assert.equal(readPorts(written(text)), undefined)
})
