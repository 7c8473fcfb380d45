import { WeappLoginError } from './errors.js'
import type { KeptSession, Session } from './kept-session.js'
import { Patience, type Limits } from './patience.js'
import type { Service } from './service.js'
import { signIn } from './sign-in.js'
import type { WxLike } from './wx.js'

/** The one login of this mini program: whoever needs a session while one is being made waits for that one. */
export class SharedLogin {
  private running: Promise<Session> | null = null
  private leftOnPurpose = false
  /** Grows with every logout, so that a login begun before it cannot bring its session back. */
  private era = 0

  constructor(
    private readonly wx: WxLike,
    private readonly service: Service,
    private readonly kept: KeptSession,
    private readonly limits: Limits,
    private readonly wxLimit: number
  ) {}

  /** A session that the service confirmed during this call. */
  login(): Promise<Session> {
    this.leftOnPurpose = false
    return this.shared()
  }

  /** The token in use; signs in first when there is none. Rejects with `signed_out` after a logout. */
  async token(): Promise<string> {
    const session = this.kept.session
    return session ? session.token : (await this.resumed()).token
  }

  /** A token in place of `refused`. However many callers had theirs refused, they share one login. */
  async tokenInsteadOf(refused: string): Promise<string> {
    const session = this.kept.session
    if (session && session.token !== refused) return session.token
    if (session && this.kept.adoptOther(refused)) return this.token()
    if (session) this.kept.forget()
    return (await this.resumed()).token
  }

  /** Signs in anew although the session holds: its session key on the server is older than WeChat's. */
  async replace(token: string): Promise<void> {
    await this.tokenInsteadOf(token)
    this.service.endSession(token).catch(() => {})
  }

  /** Forgets the session at once; the value tells whether the service confirmed its end. */
  async logout(): Promise<boolean> {
    const session = this.kept.session
    this.leftOnPurpose = true
    this.era += 1
    this.running = null
    this.kept.forget()
    return session === null || this.ended(session.token)
  }

  private resumed(): Promise<Session> {
    if (this.leftOnPurpose) return Promise.reject(signedOut())
    return this.shared()
  }

  private shared(): Promise<Session> {
    if (this.running) return this.running
    const run = this.obtained(this.era)
    this.running = run
    const done = () => {
      if (this.running === run) this.running = null
    }
    run.then(done, done)
    return run
  }

  private async obtained(era: number): Promise<Session> {
    const patience = new Patience(this.limits)
    const confirmed = await this.confirmed(patience)
    if (era !== this.era) throw signedOut()
    if (confirmed) return confirmed
    const session = await signIn(this.wx, this.service, patience, this.wxLimit)
    if (era !== this.era) {
      this.service.endSession(session.token).catch(() => {})
      throw signedOut()
    }
    this.kept.keep(session)
    return session
  }

  /** The kept session as the service sees it today; `null` when there is none that holds. */
  private async confirmed(patience: Patience): Promise<Session | null> {
    const session = this.kept.session
    if (!session) return null
    for (;;) {
      try {
        const user = await this.service.userOfSession(session.token)
        if (!this.keeps(session.token)) return null
        this.kept.keep({ token: session.token, user })
        return this.kept.session
      } catch (error) {
        const known = error instanceof WeappLoginError ? error : null
        const over = known !== null && (known.code === 'session_invalid' || known.code === 'user_suspended')
        if (over && this.keeps(session.token)) this.kept.forget()
        if (known !== null && known.code === 'session_invalid') return null
        await patience.afterwards(error)
      }
    }
  }

  private keeps(token: string): boolean {
    return this.kept.session !== null && this.kept.session.token === token
  }

  private async ended(token: string): Promise<boolean> {
    // Two tries: somebody who left does not wait for what no longer concerns this phone.
    const patience = new Patience({ ...this.limits, retries: Math.min(1, this.limits.retries) })
    for (;;) {
      try {
        await this.service.endSession(token)
        return true
      } catch (error) {
        if (error instanceof WeappLoginError && error.code === 'session_invalid') return true
        try {
          await patience.afterwards(error)
        } catch (_) {
          return false
        }
      }
    }
  }
}

function signedOut(): WeappLoginError {
  return new WeappLoginError({ code: 'signed_out', retry: 'none', detail: 'logout() was called; login() signs in again' })
}
