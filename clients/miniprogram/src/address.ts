// There is no URL class in a mini program. Only a plain host passes: what a parser might read as another host than its
// reader does (user names, backslashes, spaces) has no origin here, and so never gets the token.
const PLAIN_ORIGIN = /^(https?|wss?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i

/**
 * Scheme, host and port of an absolute address, comparable as text; `null` when it has none or looks odd. A socket's
 * address has the origin of the pages beside it: `wss` that of `https`.
 */
export function originOf(address: string): string | null {
  const parts = PLAIN_ORIGIN.exec(address)
  if (!parts) return null
  const scheme = parts[1].toLowerCase().replace('ws', 'http')
  const port = parts[3] || (scheme === 'https' ? '443' : '80')
  return scheme + '://' + parts[2].toLowerCase() + ':' + Number(port)
}

/** `address` as it is when absolute; below `baseUrl` otherwise, with one slash between them. */
export function resolved(baseUrl: string, address: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(address)) return address
  return baseUrl + (address.charAt(0) === '/' ? '' : '/') + address
}
