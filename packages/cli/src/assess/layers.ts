// A pure table: the layers to turn on, and for which shape.
import type { Situation } from './questions.ts'
import type { Shape } from './verdict.ts'

export type Layer = {
  readonly id: string
  readonly when: (shape: Shape, situation: Situation) => boolean
  /** What to do, in one sentence. */
  readonly does: string
  /** Members of sallyport.yaml that it is set by, or the command that does it. */
  readonly setting: string
  readonly page: string
}

const hasDevices = ({ devices }: Shape): boolean => devices !== 'none'
const hasTokens = ({ appTokens, otherHost }: Shape): boolean => appTokens || otherHost

export const layers: readonly Layer[] = [
  {
    id: 'less-to-run',
    when: (_, { operations }) => operations === 'nobody',
    does: 'Ask first whether what you rent verifies DPoP: Sallyport, too, has to be run.',
    setting: 'none',
    page: 'production.md#watch-it',
  },
  {
    id: 'device-everywhere',
    when: ({ devices }) => devices === 'all-routes',
    does: 'Demand a device certificate on every route of the app.',
    setting: 'hosts.<name>.clientCertificate',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'device-on-some-routes',
    when: ({ devices }) => devices === 'some-routes',
    does: 'Ask every phone for a certificate, and demand it on the routes that matter.',
    setting: 'hosts.<name>.clientCertificate: optional, stages.device.required',
    page: 'modes.md#optional-to-required-mutual-tls-without-breaking-anyone',
  },
  {
    id: 'attestation',
    when: (shape, { fleet }) => hasDevices(shape) && fleet !== 'unattestable',
    does: 'Have phones prove their keys, first in mode shadow, and read the report.',
    setting: 'apps.<app>.enrollment.evidence',
    page: 'attestation.md#from-shadow-to-enforce',
  },
  {
    id: 'approval',
    when: (shape, { fleet }) => hasDevices(shape) && fleet === 'unattestable',
    does: 'Have a person approve each phone, since its key proves nothing.',
    setting: 'apps.<app>.enrollment.approval',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'managed-enrolment',
    when: (shape, { mdm }) => hasDevices(shape) && (mdm === 'all' || mdm === 'some'),
    does: 'Have the MDM give each phone its one-time enrolment token.',
    setting: 'apps.<app>.enrollment.enrollmentToken',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'user-at-enrolment',
    when: (shape, { users }) => hasDevices(shape) && users === 'unbound',
    does: 'Have the signed-in user vouch for the phone when it enrols.',
    setting: 'apps.<app>.enrollment.user',
    page: 'users.md#the-users-token-at-enrolment',
  },
  {
    id: 'host-beside-the-edge',
    when: (shape, { edge }) => hasDevices(shape) && edge === 'opaque',
    does: 'Give the app a host that leads to the gateway, not through the CDN.',
    setting: 'gateway.hosts',
    page: 'behind-a-proxy.md#a-balancer-that-passes-tcp-on',
  },
  {
    id: 'certificates-from-the-proxy',
    when: (shape, { edge }) => hasDevices(shape) && edge === 'forwards',
    does: 'Have the proxy prove that it is the one which writes the certificate.',
    setting: 'gateway.listen[].clientCertificates',
    page: 'behind-a-proxy.md#a-proxy-that-ends-tls',
  },
  {
    id: 'inspection-exempted',
    when: (shape, { networks }) => hasDevices(shape) && networks === 'most',
    does: 'Have the networks exempt the host from inspection before you enforce.',
    setting: 'the proxy of the network; sallyport explain --address',
    page: 'production.md#let-phones-in',
  },
  {
    id: 'tokens',
    when: hasTokens,
    does: 'Verify access tokens at the gateway.',
    setting: 'identityProviders, stages.token',
    page: 'identity-providers.md',
  },
  {
    id: 'anonymous-tokens',
    when: (shape, { users }) => !hasDevices(shape) && users === 'none',
    does: 'Have somebody attest the app before it gets a token: yours or App Check.',
    setting: 'identityProviders',
    page: 'identity-providers.md',
  },
  {
    id: 'dpop',
    when: (shape, { users }) => hasTokens(shape) && users === 'bound',
    does: 'Demand tokens that are bound to a key of their client.',
    setting: 'stages.token.binding',
    page: 'tokens.md#dpop',
  },
  {
    id: 'dpop-at-the-provider',
    when: (shape, { users }) =>
      hasTokens(shape) && users !== 'bound' && (!hasDevices(shape) || shape.otherHost),
    does: 'Have the provider bind tokens by DPoP, or choose one that can; then demand it.',
    setting: 'stages.token.binding: dpop',
    page: 'provider-recipes.md#how-their-tokens-become-bound',
  },
  {
    id: 'exchange',
    when: ({ devices, appTokens }, { users }) =>
      devices !== 'none' && appTokens && users === 'unbound',
    does: 'Exchange tokens at first use for ones that are bound to the phone.',
    setting: 'authority.tokenExchange',
    page: 'sessions.md#bound-at-first-use',
  },
  {
    id: 'host-for-others',
    when: ({ otherHost }) => otherHost,
    does: 'Give web and other clients a host of their own, and less to do there.',
    setting: 'gateway.hosts',
    page: 'server-certificates.md#by-acme',
  },
  {
    id: 'step-up',
    when: (shape, { harm, users }) => shape.appTokens && harm === 'severe' && users !== 'none',
    does: 'Have people sign in again before what is severe.',
    setting: 'stages.token.maxAgeSeconds, acr',
    page: 'tokens.md#signing-in-again',
  },
  {
    id: 'access',
    when: (shape, { clients }) => hasTokens(shape) && clients !== 'app-only',
    does: 'Say which client may do what, denied unless a rule allows.',
    setting: 'stages.access',
    page: 'access.md',
  },
  {
    id: 'limits',
    when: () => true,
    does: 'Bound how often, by whoever is proven, and passwords by account.',
    setting: 'stages.limits',
    page: 'limits.md',
  },
  {
    id: 'shadow',
    when: ({ shadowFirst }) => shadowFirst,
    does: 'Watch each stage in mode shadow, read the report, enforce for a few.',
    setting: 'stages.<name>.mode',
    page: 'modes.md',
  },
  {
    id: 'sign-out',
    when: (shape, { users }) => hasTokens(shape) && users !== 'none',
    does: 'End tokens when people sign out or lose their phone.',
    setting: 'authority.sessions',
    page: 'sessions.md',
  },
  {
    id: 'pins',
    when: (_, { networks }) => networks === 'none',
    does: 'Pin your servers in the app, with a backup pin.',
    setting: 'sallyport pins init',
    page: 'pins.md',
  },
  {
    id: 'no-pins',
    when: (_, { networks }) => networks === 'some' || networks === 'most',
    does: 'Do not pin: a proxy that inspects TLS breaks every pinned connection.',
    setting: 'none',
    page: 'pins.md#whether-to',
  },
  {
    id: 'scan',
    when: () => true,
    does: 'Scan each build for secrets: a key in every install is a key of nobody.',
    setting: 'sallyport scan',
    page: 'scanning.md',
  },
]
