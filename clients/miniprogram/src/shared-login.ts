import { mayHaveHappened, WeappLoginError } from './errors.js'
import type { KeptSession, Session } from './kept-session.js'
import { Patience, type Limits } from './patience.js'
import type { Service, Ticket } from './service.js'
import { carriedThrough, exchanged, registered } from './sign-in.js'
import type { WxLike } from './wx.js'

/** How somebody new is registered, once their ticket is in hand. */
type Registration = (ticket: Ticket, patience: Patience) => Promise<Session>

/** The one login of this mini program: whoever needs a session while one is being made waits for that one. */
export class SharedLogin {
  /** Finding out who holds the phone: part of every login, and all of one that creates nobody. */
  private looking: Promise<Session | null> | null = null
  private entering: { readonly run: Promise<Session>; readonly byPhone: boolean } | null = null
  /** Of somebody new who was not registered yet. It may have expired since: the service is who knows. */
  private ticket: Ticket | null = null
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

  /** A session that the service confirmed during this call; somebody new is registered for it. */
  login(): Promise<Session> {
    this.leftOnPurpose = false
    return this.entered()
  }

  /** The same for somebody known; `null`, and nobody registered, for somebody new. */
  async look(): Promise<Session | null> {
    this.leftOnPurpose = false
    try {
      return await (this.entering ? this.entering.run : this.looked(new Patience(this.limits)))
    } catch (error) {
      // Of somebody new: the login that this one joined could not register them, or nobody new is taken at all.
      const closed = error instanceof WeappLoginError && error.code === 'registration_closed'
      if (closed || this.ticket !== null) return null
      throw error
    }
  }

  /**
   * A session, and whether the phone number behind `code` registered it. Where the service does not register by phone,
   * somebody new is registered without a tap, for the number to be bound afterwards.
   */
  async loginByPhone(code: string): Promise<{ session: Session; byPhone: boolean; answerLost: boolean }> {
    this.leftOnPurpose = false
    // What is under way may fail without the number, or make it one to bind.
    while (this.entering) await this.entering.run.catch(() => {})
    let byPhone = false
    let answerLost = false
    const session = await this.entered(async (ticket, patience) => {
      if (ticket.ways.indexOf('phone') < 0) return this.registeredSilently(ticket, patience)
      const session = await carriedThrough(async () => {
        try {
          return await this.service.register(ticket.ticket, { phoneCode: code })
        } catch (error) {
          answerLost = answerLost || mayHaveHappened(error)
          throw error
        }
      }, patience)
      byPhone = true
      return session
    })
    return { session, byPhone, answerLost }
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

  /** Like `tokenInsteadOf`, but registers nobody: `null` where nobody is known. */
  async knownToken(refused: string | null): Promise<string | null> {
    const session = this.kept.session
    if (session && session.token !== refused) return session.token
    if (session) this.kept.forget()
    if (this.leftOnPurpose) throw signedOut()
    const found = await this.look()
    return found && found.token
  }

  /** Whether the service still knows `token`; also when it cannot be asked. */
  async holds(token: string): Promise<boolean> {
    return this.service.userOfSession(token).then(() => true, error => error.code !== 'session_invalid')
  }

  /** Signs in anew although the session holds: its session key on the server is older than WeChat's. */
  async replace(token: string): Promise<void> {
    await this.tokenInsteadOf(token)
    this.service.endSession(token).catch(() => {})
  }

  /** Forgets the session at once; the value tells whether the service confirmed its end. */
  async logout(): Promise<boolean> {
    const session = this.kept.session
    this.leave()
    return session === null || this.ended(session.token)
  }

  /** Forgets the session, and sees to it that nothing but a login on purpose makes another. */
  leave(): void {
    this.leftOnPurpose = true
    this.era += 1
    this.looking = null
    this.entering = null
    this.ticket = null
    this.kept.forget()
  }

  private resumed(): Promise<Session> {
    if (this.leftOnPurpose) return Promise.reject(signedOut())
    return this.entered()
  }

  private entered(byPhone?: Registration): Promise<Session> {
    const underWay = this.entering
    // A tap that failed is that tap's caller's to hear of; this one has its own try.
    if (underWay) return underWay.byPhone ? underWay.run.catch(() => this.entered()) : underWay.run
    const register = byPhone || ((ticket: Ticket, patience: Patience) => this.registeredSilently(ticket, patience))
    const run = this.obtained(register, this.era)
    this.entering = { run, byPhone: byPhone !== undefined }
    const done = () => {
      if (this.entering && this.entering.run === run) this.entering = null
    }
    run.then(done, done)
    return run
  }

  private async obtained(register: Registration, era: number): Promise<Session> {
    const patience = new Patience(this.limits)
    let ofBefore = this.kept.session === null && this.looking === null && this.ticket !== null
    for (;;) {
      const found = ofBefore ? null : await this.looked(patience)
      if (era !== this.era) throw signedOut()
      if (found) return found
      try {
        return this.admitted(await register(this.ticket!, patience), era)
      } catch (error) {
        if (era !== this.era) throw signedOut()
        if (!(error instanceof WeappLoginError) || error.retry !== 'restart') throw error
        this.ticket = null
        // A ticket that waited for the person may well have expired: that is no failure to recover from.
        if (!ofBefore || error.code !== 'ticket_invalid') await patience.afterwards(error)
        ofBefore = false
      }
    }
  }

  private registeredSilently(ticket: Ticket, patience: Patience): Promise<Session> {
    return registered(ticket, this.wx, this.service, patience, this.wxLimit)
  }

  private looked(patience: Patience): Promise<Session | null> {
    if (this.looking) return this.looking
    const run = this.found(patience, this.era)
    this.looking = run
    const done = () => {
      if (this.looking === run) this.looking = null
    }
    run.then(done, done)
    return run
  }

  private async found(patience: Patience, era: number): Promise<Session | null> {
    const confirmed = await this.confirmed(patience)
    if (era !== this.era) throw signedOut()
    if (confirmed) return confirmed
    this.ticket = null
    const outcome = await exchanged(this.wx, this.service, patience, this.wxLimit)
    if ('session' in outcome) return this.admitted(outcome.session, era)
    if (era !== this.era) throw signedOut()
    this.ticket = outcome
    return null
  }

  private admitted(session: Session, era: number): Session {
    if (era !== this.era) {
      this.service.endSession(session.token).catch(() => {})
      throw signedOut()
    }
    this.ticket = null
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
