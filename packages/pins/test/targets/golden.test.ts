import assert from 'node:assert/strict'
import { test } from 'node:test'
import { targetNames, type TargetName } from '../../src/index.ts'
import { assertGolden } from '../golden.ts'
import { type Sketch, textOf, wholeRoots } from './file-of.ts'

const expires = "    expires: '2027-06-01'\n"
const none = '    subdomains: none\n'
const one = '    subdomains: one\n'
const any = '    subdomains: any\n'

/** A file for each target, with all that it can say. */
const golden: Readonly<Record<TargetName, { file: string; hosts: Sketch }>> = {
  'android-nsc': {
    file: 'network_security_config.xml',
    hosts: { 'api.example.com': none + expires, 'example.org': any },
  },
  'ios-ats': {
    file: 'NSPinnedDomains.plist',
    hosts: { 'api.example.com': none, 'example.org': one },
  },
  okhttp: {
    file: 'PinnedHosts.java',
    hosts: { 'api.example.com': none + expires, 'example.org': any, 'example.net': one },
  },
  'trustkit-ios': {
    file: 'TSKConfiguration.plist',
    hosts: {
      'api.example.com': none + expires,
      'example.org': `${any}    enforcement: report\n`,
    },
  },
  expo: { file: 'with-pins.js.txt', hosts: { 'api.example.com': none } },
  'android-trust-anchors': {
    file: 'trust-anchors.xml',
    hosts: { 'api.example.com': none + wholeRoots, 'my-bank.example': any + wholeRoots },
  },
  'ios-urlsession': {
    file: 'PinnedServerTrust.swift',
    hosts: {
      'api.example.com': none + expires,
      'example.org': `${any}    enforcement: report\n`,
      'example.net': one + wholeRoots,
    },
  },
  'sallyport-sdk': {
    file: 'pinned-trust.ts.txt',
    hosts: { 'api.example.com': none + expires + wholeRoots, 'example.net': one + wholeRoots },
  },
}

for (const target of targetNames) {
  test(`what ${target} is given has not changed by chance`, () => {
    const { file, hosts } = golden[target]
    const text = textOf(target, hosts)
    assertGolden(file, text)
    assert.equal(textOf(target, hosts), text)
  })
}
