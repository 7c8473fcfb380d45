import { mayHaveHappened, WeappLoginError } from './errors.js'
import type { KeptSession } from './kept-session.js'
import { Patience, type Limits } from './patience.js'
import type { PhoneProof, ProfileChange, Service } from './service.js'
import type { SharedLogin } from './shared-login.js'
import type { User } from './user.js'
import { deniedReason } from './wx.js'

/** `detail` of the event of `<button open-type="getPhoneNumber">`, or of `getRealtimePhoneNumber`. */
export interface PhoneDetail {
  /** Since base library 2.21.2; used once, within five minutes. */
  code?: string
  encryptedData?: string
  iv?: string
  errMsg?: string
  errno?: number
}

// What chooseAvatar yields, on phones and in the developer tools: nobody but this phone can read it.
const LOCAL_PATH = /^(wxfile|file|blob):|^https?:\/\/(tmp|usr|store)\b|\/__tmp__\//i

/** What a signed-in person changes about themselves. */
export class OwnData {
  constructor(
    private readonly service: Service,
    private readonly login: SharedLogin,
    private readonly kept: KeptSession,
    private readonly limits: Limits,
    private readonly loginCode: () => Promise<string>
  ) {}

  /** Signs in by the phone number, registering somebody new with it and binding it to somebody known. */
  async registerByPhone(detail: PhoneDetail): Promise<User> {
    const proof = phoneProof(detail)
    if (!('code' in proof)) {
      // The older, encrypted number proves nothing to register with, and is read with the session of a login.
      await this.login.login()
      return this.bindPhone(detail)
    }
    const { session, byPhone, answerLost } = await this.login.loginByPhone(proof.code)
    // The number is there already, by this very code: it would not work a second time.
    if ((byPhone || answerLost) && session.user.phone !== null) return session.user
    return this.bindPhone(detail)
  }

  async bindPhone(detail: PhoneDetail): Promise<User> {
    const proof = phoneProof(detail)
    const before = this.kept.session && this.kept.session.user.phone
    let answerLost = false
    return this.changed(async token => {
      try {
        return await this.service.bindPhone(token, proof)
      } catch (error) {
        if (!(error instanceof WeappLoginError)) throw error
        if (error.code === 'decryption_failed') {
          // The number was encrypted with a younger session key than the session's. Nothing but a tap yields it again;
          // signing in anew sees to it that the next tap's number can be read.
          await this.login.replace(token)
        }
        if (answerLost && error.code === 'phone_code_invalid') {
          // The code was used by the try whose answer was lost: what counts is whether the number is there.
          const user = await this.service.me(token)
          if (user.phone !== null && user.phone !== before) return user
        }
        answerLost = answerLost || mayHaveHappened(error)
        throw error
      }
    })
  }

  async updateProfile(change: ProfileChange): Promise<User> {
    const { nickname, avatarUrl } = change
    if (typeof avatarUrl === 'string' && LOCAL_PATH.test(avatarUrl)) {
      const detail = 'avatarUrl is a temporary path on this phone; upload the file and pass its address'
      throw new WeappLoginError({ code: 'avatar_not_uploaded', retry: 'none', detail })
    }
    return this.changed(token => this.service.updateProfile(token, { nickname, avatarUrl }))
  }

  /** Erases the person at the service, and forgets them here. Nobody is registered on the way. */
  async deleteAccount(): Promise<void> {
    const patience = new Patience(this.limits)
    let token = await this.login.knownToken(null)
    let replayed = false
    let answerLost = false
    let code = ''
    while (token !== null) {
      try {
        code = code || (await this.loginCode())
        await this.service.erase(token, code)
        break
      } catch (error) {
        if (!(error instanceof WeappLoginError)) throw error
        // A refused session spends no code, and WeChat gives few of them a second.
        if (error.code !== 'session_invalid') {
          code = ''
          answerLost = answerLost || mayHaveHappened(error)
          await patience.afterwards(error)
        } else {
          // Erasing ends the session too: the try whose answer was lost has done it.
          if (answerLost) break
          if (replayed) throw error
          replayed = true
          token = await this.login.knownToken(token)
        }
      }
    }
    this.login.leave()
  }

  private async changed(change: (token: string) => Promise<User>): Promise<User> {
    const patience = new Patience(this.limits)
    let token = await this.login.token()
    let replayed = false
    for (;;) {
      try {
        const user = await change(token)
        if (this.kept.session) this.kept.keep({ token: this.kept.session.token, user })
        return user
      } catch (error) {
        if (!(error instanceof WeappLoginError)) throw error
        if (error.code === 'session_invalid' && !replayed) {
          replayed = true
          token = await this.login.tokenInsteadOf(token)
        } else {
          // `restart` is about the code or data of a tap that is over: only the person can repeat that.
          if (error.retry !== 'later') throw error
          await patience.afterwards(error)
        }
      }
    }
  }
}

function phoneProof(detail: PhoneDetail): PhoneProof {
  const { code, encryptedData, iv, errMsg, errno } = detail || ({} as PhoneDetail)
  if (code) return { code }
  if (encryptedData && iv) return { encryptedData, iv }
  const said = errMsg || 'the event holds neither code nor encryptedData'
  const reason = deniedReason({ errMsg: said, errno })
  throw new WeappLoginError({ code: reason === null ? 'phone_failed' : 'phone_denied', retry: 'none', detail: said, reason })
}
