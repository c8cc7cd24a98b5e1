import { test } from 'node:test'
import { guidance } from '../../src/dev/guidance.ts'
import { assertGolden } from '../golden.ts'

test('dev ends its start with this block', () => {
  const facts = {
    gateway: 'https://localhost:8440',
    authority: 'https://localhost:8443',
    upstream: 'http://127.0.0.1:9000',
    samplePath: '/hello',
    caFile: '/home/ada/my app/dev/ca.crt',
    deviceCaFile: '/home/ada/my app/dev/device-ca.crt',
    configFile: '/home/ada/my app/dev/sallyport.yaml',
    adminTokenFile: '/home/ada/my app/dev/admin.token',
    device: {
      id: 'dev_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      certificateFile: '/home/ada/my app/dev/device/device.crt',
      keyFile: '/home/ada/my app/dev/device/device.key',
    },
    pid: 1,
    gatewayPid: 2,
  }
  const options = {
    facts,
    command: ['npx', 'sallyport'],
    isUsualPlace: false,
    insecure: ['gateway.insecureDevelopmentDevices'],
    isPhone: true,
    logDirectory: '/home/ada/my app/dev/logs',
  }
  assertGolden('dev.txt', `${guidance(options, (_style, text) => text)}\n`)
})
