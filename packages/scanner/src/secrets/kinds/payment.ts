import { type SecretKind, type SecretMatch, token, type Verdict } from '../secret-kind.ts'

const testMode = 'It is of test mode: no money moves, but the live one is often kept the same way.'

export const paymentKinds: readonly SecretKind[] = [
  {
    // https://docs.stripe.com/keys: sk_ and rk_ are secret, pk_ is made for apps. Clerk has the same form.
    id: 'stripe-secret-key',
    name: 'Stripe secret key',
    literals: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'],
    pattern: token('(?<kind>[sr]k)_(?<mode>live|test)_[A-Za-z0-9]{16,250}'),
    entropy: 3.5,
    severity: 'critical',
    confidence: 'firm',
    check: checkStripeKey,
    gives: 'It reads customers and payments, makes refunds and payouts, on your account.',
    revoke: 'Roll it under Developers › API keys, and let the app have the publishable key alone.',
  },
  {
    // https://docs.stripe.com/webhooks/signature
    id: 'stripe-webhook-secret',
    name: 'Stripe webhook signing secret',
    literals: ['whsec_'],
    pattern: /(?<![A-Za-z0-9_-])whsec_[A-Za-z0-9+/]{24,80}={0,2}(?![A-Za-z0-9+/=])/y,
    entropy: 3.5,
    severity: 'medium',
    confidence: 'firm',
    gives: 'It signs webhooks: an attacker tells your service of payments that never were.',
    revoke: 'Roll it under Developers › Webhooks.',
  },
  {
    // https://paystack.com/docs/api/authentication/
    id: 'paystack-secret-key',
    name: 'Paystack secret key',
    literals: ['sk_live_', 'sk_test_'],
    pattern: token('sk_(?<mode>live|test)_[0-9a-f]{40}'),
    severity: 'critical',
    confidence: 'firm',
    check: byMode,
    gives: 'It reads customers, charges saved cards and makes transfers on your account.',
    revoke: 'Generate a new one under Settings › API keys.',
  },
  {
    // https://developer.squareup.com/docs/build-basics/access-tokens; sq0idp- is public
    id: 'square-secret',
    name: 'Square OAuth secret or access token',
    literals: ['sq0csp-', 'sq0atp-'],
    pattern: token('sq0(?:csp-[A-Za-z0-9_-]{43}|atp-[A-Za-z0-9_-]{22})'),
    entropy: 3.3,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It takes payments and reads customers of the sellers who connected.',
    revoke: 'Replace it in the Developer console under Credentials or OAuth.',
  },
  {
    id: 'square-access-token',
    name: 'Square access token',
    literals: ['EAAA'],
    pattern: token('EAAA[A-Za-z0-9_-]{60}'),
    entropy: 4.2,
    severity: 'high',
    confidence: 'firm',
    gives: 'It takes payments and reads customers of a seller.',
    revoke: 'Replace it in the Developer console under Credentials.',
  },
  {
    // https://developer.paypal.com/braintree/docs/guides/credentials: tokenization keys are public, this is not
    id: 'braintree-access-token',
    name: 'Braintree access token',
    literals: ['access_token$'],
    pattern: token('access_token\\$(?<mode>production|sandbox)\\$[0-9a-z]{16}\\$[0-9a-f]{32}'),
    severity: 'critical',
    confidence: 'certain',
    check: byMode,
    gives: 'It makes transactions on the merchant’s account.',
    revoke: 'Revoke it in the PayPal or Braintree control panel.',
  },
  {
    // https://developer.paypal.com/api/rest/: client ids begin with A, secrets with E, 80 characters each
    id: 'paypal-client-secret',
    name: 'PayPal client secret',
    literals: ['paypal'],
    anyCase: true,
    pattern: /(?<![A-Za-z0-9_-])(?<secret>E[A-Za-z0-9_-]{79})(?![A-Za-z0-9_-])/g,
    nearby: [300, 400],
    entropy: 4.5,
    severity: 'critical',
    confidence: 'firm',
    gives: 'With the client id it acts as your business: reads, refunds and pays out.',
    revoke:
      'Generate a new secret in the developer dashboard, disable this one, and make orders on your server.',
  },
  {
    // https://docs.adyen.com/development-resources/api-credentials/#generate-api-key
    id: 'adyen-api-key',
    name: 'Adyen API key',
    literals: ['AQE', 'AQF'],
    pattern:
      /(?<![A-Za-z0-9+/])AQ[EF][A-Za-z]hm[A-Za-z0-9+/]{20,120}={0,2}-[A-Za-z0-9+/]{20,60}={0,2}-[!#-&(-;=?-[\]-_a-~]{10,20}/y,
    entropy: 4.2,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It makes, captures and refunds payments of the merchant.',
    revoke:
      'Generate a new one under Developers › API credentials; the old one ends within 24 hours.',
  },
  {
    // https://developer.flutterwave.com/docs/authentication
    id: 'flutterwave-secret-key',
    name: 'Flutterwave secret key',
    literals: ['FLWSECK'],
    pattern: token('FLWSECK(?<mode>_TEST)?-[0-9a-zA-Z]{32}-X'),
    entropy: 3.2,
    severity: 'critical',
    confidence: 'certain',
    check: byMode,
    gives: 'It charges customers and makes transfers on your account.',
    revoke: 'Regenerate the keys under Settings › API keys.',
  },
  {
    // https://docs.mollie.com/reference/authentication
    id: 'mollie-api-key',
    name: 'Mollie API key',
    literals: ['live_', 'test_'],
    pattern: token('(?<mode>live|test)_[A-Za-z0-9]{30}(?:[A-Za-z0-9]{2,10})?'),
    entropy: 4.1,
    severity: 'high',
    confidence: 'tentative',
    check: (match) => (hasAllKinds(match.secret) ? byMode(match) : undefined),
    gives: 'It makes and refunds payments of the profile.',
    revoke: 'Reset it under Developers › API keys.',
  },
  {
    // https://plaid.com/docs/api/tokens/
    id: 'plaid-access-token',
    name: 'Plaid access token',
    literals: ['access-production-', 'access-sandbox-', 'access-development-'],
    pattern: token(
      'access-(?<mode>production|sandbox|development)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
    ),
    severity: 'high',
    confidence: 'certain',
    check: byMode,
    gives: 'With the client’s secret it reads the bank accounts of one user.',
    revoke: 'Call `/item/remove` or `/item/access_token/invalidate`.',
  },
  {
    // https://shopify.dev/docs/apps/build/authentication-authorization
    id: 'shopify-token',
    name: 'Shopify Admin API token or app secret',
    literals: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    pattern: token('shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}'),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It reads customers and orders of a shop, and changes them as far as its scopes go.',
    revoke:
      'Uninstall or rotate the app’s credentials; let apps use the Storefront API’s public token.',
  },
  {
    // https://www.revenuecat.com/docs/projects/authentication: appl_ and goog_ are public
    id: 'revenuecat-secret-key',
    name: 'RevenueCat secret key',
    literals: ['sk_'],
    pattern: token('sk_[A-Za-z]{32}'),
    entropy: 4,
    severity: 'high',
    confidence: 'firm',
    check: ({ secret }) => (/[a-z]/.test(secret.slice(3)) && /[A-Z]/.test(secret) ? {} : undefined),
    gives: 'It grants entitlements without payment, and reads and deletes customers.',
    revoke: 'Delete it under API keys, and use the app’s public key.',
  },
]

function checkStripeKey({ secret, groups }: SecretMatch): Verdict | undefined {
  // Of Paystack, which has its own row.
  if (/^sk_(?:live|test)_[0-9a-f]{40}$/.test(secret)) return undefined
  const name = groups['kind'] === 'rk' ? 'Stripe restricted key' : 'Stripe secret key'
  if (groups['mode'] === 'test') return { name, severity: 'low', note: testMode }
  return groups['kind'] === 'rk' ? { name, severity: 'high' } : { name }
}

function byMode({ groups }: SecretMatch): Verdict {
  const mode = groups['mode'] ?? ''
  return /test|sandbox|development/i.test(mode) ? { severity: 'low', note: testMode } : {}
}

function hasAllKinds(secret: string): boolean {
  const random = secret.slice(5)
  return /[a-z]/.test(random) && /[A-Z]/.test(random) && /\d/.test(random)
}
