import { isUser, type User } from './user.js'
import type { WxLike } from './wx.js'

/** A session as the phone keeps it. Whether it still holds is the service's to say: no expiry is kept or compared. */
export interface Session {
  readonly token: string
  readonly user: User
}

/**
 * The session, in memory and under one key of the mini program's storage.
 *
 * WeChat separates storage by mini program and by WeChat user, so a phone that changes hands reads nobody else's. A
 * storage that throws, is full or holds something else costs nothing but the session at the next start.
 */
export class KeptSession {
  private readonly key: string
  private current: Session | null

  constructor(
    private readonly wx: WxLike,
    baseUrl: string
  ) {
    this.key = 'weapp-login:' + baseUrl
    this.current = this.stored()
  }

  /** The session in use, or `null` when signed out. */
  get session(): Session | null {
    return this.current
  }

  keep(session: Session): void {
    this.current = session
    try {
      this.wx.setStorageSync(this.key, { token: session.token, user: session.user })
    } catch (_) {
      // Full or broken storage: the session lives on in memory.
    }
  }

  forget(): void {
    this.current = null
    try {
      this.wx.removeStorageSync(this.key)
    } catch (_) {
      // What stays behind is a token that the service refuses at the next start.
    }
  }

  /** Takes over a session that another instance stored since; `refused` is the token known not to hold. */
  adoptOther(refused: string): boolean {
    const found = this.stored()
    if (!found || found.token === refused) return false
    this.current = found
    return true
  }

  private stored(): Session | null {
    try {
      const found = this.wx.getStorageSync(this.key)
      if (found && typeof found.token === 'string' && found.token !== '' && isUser(found.user)) {
        return { token: found.token, user: found.user }
      }
    } catch (_) {
      // Unreadable is as good as empty.
    }
    return null
  }
}
