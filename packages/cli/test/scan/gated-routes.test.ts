import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { gatedRoutesOf } from '../../src/scan/gated-routes.ts'
import { newFolder } from '../sallyport.ts'

const file = path.join(newFolder(), 'sallyport.yaml')

function isGated(clientCertificate: string, device?: object, ofHost?: object): boolean | undefined {
  const stages = (settings?: object) =>
    settings === undefined ? {} : { stages: { device: settings } }
  const host = {
    clientCertificate,
    ...stages(ofHost),
    routes: [{ match: { path: '/v1/*' }, upstream: 'service', ...stages(device) }],
  }
  writeFileSync(file, JSON.stringify({ gateway: { hosts: { 'api.example.com': host } } }))
  const [route] = gatedRoutesOf(file)
  assert.deepEqual([route?.host, route?.path], ['api.example.com', '/v1/*'])
  return route?.hasDeviceStage
}

test('a route is gated where nobody passes without a device', () => {
  assert.equal(isGated('require'), true)
  assert.equal(isGated('explain'), true)
  assert.equal(isGated('optional', { required: true }), true)
  assert.equal(isGated('optional', { minimumAssurance: 'tee' }), true)
  assert.equal(isGated('optional', undefined, { required: true }), true)
})

test('a route is open where somebody does', () => {
  assert.equal(isGated('off'), false)
  assert.equal(isGated('optional'), false)
  assert.equal(isGated('optional', {}), false)
  assert.equal(isGated('explain', { required: false }), false)
  assert.equal(isGated('explain', { mode: 'shadow' }), false)
  assert.equal(isGated('optional', { required: true, mode: 'off' }), false)
  assert.equal(isGated('optional', { required: true, enforce: { percent: 5 } }), false)
  assert.equal(isGated('optional', { required: false }, { required: true }), false)
})

test('a file without a gateway is wrong use', () => {
  writeFileSync(file, 'version: 1')
  assert.throws(
    () => gatedRoutesOf(file),
    (error) => isProblem(error) && error.code === 'command_usage',
  )
})
