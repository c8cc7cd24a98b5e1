// A pure table: roots that other roots have signed. A client that lacks the newer one, or that was told to try
// the older one first, builds the longer chain: with it, a pin of the older root matches, and without it does not.
// Names are those in Mozilla's program; a root that has left it (GlobalSign Root CA, AAA Certificate Services) is not here.

export type CrossSign = {
  /** Common name of a root that chains end at. */
  readonly root: string
  /** Common name of the root above it, in chains that clients may build. */
  readonly alsoUnder: string
  readonly source: string
}

export const crossSigns: readonly CrossSign[] = [
  {
    root: 'ISRG Root X2',
    alsoUnder: 'ISRG Root X1',
    source: 'https://letsencrypt.org/certificates/',
  },
  {
    root: 'Amazon Root CA 1',
    alsoUnder: 'Starfield Services Root Certificate Authority - G2',
    source: 'https://www.amazontrust.com/repository/',
  },
  {
    root: 'Amazon Root CA 2',
    alsoUnder: 'Starfield Services Root Certificate Authority - G2',
    source: 'https://www.amazontrust.com/repository/',
  },
  {
    root: 'Amazon Root CA 3',
    alsoUnder: 'Starfield Services Root Certificate Authority - G2',
    source: 'https://www.amazontrust.com/repository/',
  },
  {
    root: 'Amazon Root CA 4',
    alsoUnder: 'Starfield Services Root Certificate Authority - G2',
    source: 'https://www.amazontrust.com/repository/',
  },
  {
    root: 'Sectigo Public Server Authentication Root R46',
    alsoUnder: 'USERTrust RSA Certification Authority',
    source: 'https://www.sectigo.com/sectigo-public-root-cas-migration',
  },
  {
    root: 'Sectigo Public Server Authentication Root E46',
    alsoUnder: 'USERTrust ECC Certification Authority',
    source: 'https://www.sectigo.com/sectigo-public-root-cas-migration',
  },
]
