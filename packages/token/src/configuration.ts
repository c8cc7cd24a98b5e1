// What can be told of the configuration of identity providers without any library: for processes that verify no
// token, and should not grow by what verifies them.
export type { IdentityProvider } from './identity-provider.ts'
export { filesOfProvider, type ProviderFile, resolveProviderFiles } from './provider-files.ts'
export { type ProviderRules, providerRules } from './provider-rules.ts'
