/*! weapp-login-client 0.1.0, MIT OR Apache-2.0. Built from src/ by npm run build. */
// address
// There is no URL class in a mini program. Only a plain host passes: what a parser might read as another host than its
// reader does (user names, backslashes, spaces) has no origin here, and so never gets the token.
const PLAIN_ORIGIN = /^(https?|wss?):\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|$)/i;
/**
 * Scheme, host and port of an absolute address, comparable as text; `null` when it has none or looks odd. A socket's
 * address has the origin of the pages beside it: `wss` that of `https`.
 */
function originOf(address) {
    const parts = PLAIN_ORIGIN.exec(address);
    if (!parts)
        return null;
    const scheme = parts[1].toLowerCase().replace('ws', 'http');
    const port = parts[3] || (scheme === 'https' ? '443' : '80');
    return scheme + '://' + parts[2].toLowerCase() + ':' + Number(port);
}
/** `address` as it is when absolute; below `baseUrl` otherwise, with one slash between them. */
function resolved(baseUrl, address) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(address))
        return address;
    return baseUrl + (address.charAt(0) === '/' ? '' : '/') + address;
}

// errors
/** The only kind of error that the client rejects with. */
class WeappLoginError extends Error {
    constructor(fields) {
        super(fields.code + ': ' + fields.detail);
        // WeChat's tools may rewrite classes to functions, which would leave `instanceof` false for a subclass of Error.
        Object.setPrototypeOf(this, WeappLoginError.prototype);
        this.name = 'WeappLoginError';
        this.code = fields.code;
        this.retry = fields.retry;
        this.status = fields.status || 0;
        this.detail = fields.detail;
        this.requestId = fields.requestId || '';
        this.retryAfter = fields.retryAfter === undefined ? null : fields.retryAfter;
        this.reason = fields.reason || null;
    }
}
/** Whether the request that ended in `error` may have been carried out, its answer being what was lost. */
function mayHaveHappened(error) {
    return error instanceof WeappLoginError && ['network_failed', 'timed_out', 'bad_answer'].indexOf(error.code) >= 0;
}

// user
/** Whether `value` came from the service as a user; used on answers and on what lay in storage. */
function isUser(value) {
    return typeof value === 'object' && value !== null && typeof value.id === 'string';
}

// wx
/**
 * Calls `start` with callbacks and gives what `success` was called with.
 *
 * Callbacks and never the Promise form: base libraries below 2.10.2 do not have it, `wx.request` has it nowhere, and a
 * call that is given callbacks returns no Promise in any version.
 *
 * `limit` in milliseconds ends the wait where WeChat itself keeps silent: the time limit given to `wx.login` is known
 * to be ignored on some phones. Rejects with a [CallFailure], also when `start` itself throws.
 */
function called(start, limit) {
    return new Promise((resolve, reject) => {
        let timer = 0;
        const fail = (failure) => {
            clearTimeout(timer);
            const errMsg = String((failure && failure.errMsg) || failure);
            reject({ errMsg, errno: Number(failure && failure.errno) || 0, timedOut: /time(d )?[- ]?out/i.test(errMsg) });
        };
        if (limit !== null) {
            timer = setTimeout(() => fail({ errMsg: 'no answer within ' + limit + ' ms: timeout' }), limit);
        }
        const success = (result) => {
            clearTimeout(timer);
            resolve(result);
        };
        try {
            start({ success, fail });
        }
        catch (thrown) {
            fail({ errMsg: String((thrown === null || thrown === void 0 ? void 0 : thrown.message) || thrown) });
        }
    });
}
/** A one-time code of `wx.login`. */
function loginCode(wx, limit) {
    return called(callbacks => wx.login({ timeout: limit, ...callbacks }), limit).then(({ code }) => {
        if (typeof code === 'string' && code !== '')
            return code;
        throw new WeappLoginError({ code: 'wx_login_failed', retry: 'later', detail: 'wx.login gave no code' });
    }, (failure) => {
        throw new WeappLoginError({ code: 'wx_login_failed', retry: 'later', detail: failure.errMsg });
    });
}
/** Signed and encrypted data about the person. WeChat makes it with the session key of the last exchange. */
function userInfo(wx, limit) {
    if (typeof wx.getUserInfo !== 'function') {
        const detail = 'this WeChat has no wx.getUserInfo';
        return Promise.reject(new WeappLoginError({ code: 'user_info_denied', retry: 'none', detail, reason: 'not_supported' }));
    }
    return called(callbacks => wx.getUserInfo({ withCredentials: true, ...callbacks }), limit).then(
    // Only what the service checks: the profile that comes beside it in the clear proves nothing.
    ({ rawData, signature, encryptedData, iv }) => ({ rawData, signature, encryptedData, iv }), (failure) => {
        const detail = failure.errMsg;
        const reason = deniedReason(failure);
        throw new WeappLoginError(reason === null
            ? { code: 'user_info_failed', retry: 'restart', detail }
            : { code: 'user_info_denied', retry: 'none', detail, reason });
    });
}
/** Why a call about personal data was refused; `null` when it failed without anybody's refusal. */
function deniedReason({ errMsg, errno }) {
    const said = errMsg || '';
    // Source: https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
    if (errno === 112 || /not declared in the privacy/i.test(said))
        return 'privacy_undeclared';
    if (errno === 104 || /privacy/i.test(said))
        return 'privacy_not_agreed';
    if (errno === 103 || /den(y|ied)|cancel|authorize no response|unauthorized/i.test(said))
        return 'person_refused';
    return null;
}
/** One request, upload or download. Any status is a success; rejects only when no answer came back. */
function requested(wx, api, options, limit, onTask) {
    return called(callbacks => {
        const task = wx[api]({ ...options, ...callbacks });
        if (onTask)
            onTask(task);
    }, limit).catch((failure) => {
        throw unanswered(failure);
    });
}
/** A socket once it is open. */
async function opened(wx, options, limit) {
    let task;
    try {
        return await called(({ success, fail }) => {
            task = wx.connectSocket({ ...options, fail });
            task.onOpen(() => success(task));
            task.onError(fail);
            task.onClose(() => fail({ errMsg: 'connectSocket:fail closed before it was open' }));
        }, limit);
    }
    catch (failure) {
        // What opens after its time would stay open with nobody to close it.
        if (failure.timedOut && task)
            task.close({});
        throw unanswered(failure);
    }
}
function unanswered({ errMsg: detail, timedOut }) {
    if (/domain list/i.test(detail))
        return new WeappLoginError({ code: 'domain_not_allowed', retry: 'none', detail });
    if (/\bfile\b.*(not|no such|exceed)|no such file|file path/i.test(detail)) {
        return new WeappLoginError({ code: 'file_failed', retry: 'none', detail });
    }
    return new WeappLoginError({ code: timedOut ? 'timed_out' : 'network_failed', retry: 'later', detail });
}
/** The value of a header whatever its case: phones hand over some in lower case and some as sent. */
function headerOf(answer, name) {
    const header = answer.header || {};
    for (const key of Object.keys(header)) {
        if (key.toLowerCase() === name)
            return String(header[key]);
    }
    return '';
}

// service
/** One call of the login service a method; each rejects with the service's own error, and tries nothing twice. */
class Service {
    constructor(wx, baseUrl, appId, timeout) {
        this.wx = wx;
        this.baseUrl = baseUrl;
        this.appId = appId;
        this.timeout = timeout;
    }
    async login(code) {
        const { body, answer } = await this.ask('POST', '/v1/login', null, { code, appId: this.appId });
        if (body && body.status === 'registrationRequired' && isText(body.ticket)) {
            // A service that names no ways knows but one.
            return { ticket: body.ticket, ways: Array.isArray(body.ways) ? body.ways : ['userInfo'] };
        }
        return { session: sessionIn(body, answer) };
    }
    /** Registers in the way that `proof` makes up: signed data, a phone code, or nothing at all for `silent`. */
    async register(ticket, proof) {
        const { body, answer } = await this.ask('POST', '/v1/register', null, { ...proof, ticket });
        return sessionIn(body, answer);
    }
    async userOfSession(token) {
        const { body, answer } = await this.ask('GET', '/v1/session', token);
        return userIn(body && body.user, answer);
    }
    async endSession(token) {
        await this.ask('DELETE', '/v1/session', token);
    }
    async me(token) {
        const { body, answer } = await this.ask('GET', '/v1/me', token);
        return userIn(body, answer);
    }
    async bindPhone(token, proof) {
        const { body, answer } = await this.ask('POST', '/v1/me/phone', token, proof);
        return userIn(body, answer);
    }
    async updateProfile(token, change) {
        // wx.request knows no PATCH. A service, or a gateway before it, that does not honour the override answers 405.
        const override = { 'X-HTTP-Method-Override': 'PATCH' };
        const { body, answer } = await this.ask('POST', '/v1/me', token, change, override).catch(error => {
            if (error.status !== 405)
                throw error;
            return this.ask('PATCH', '/v1/me', token, change);
        });
        return userIn(body, answer);
    }
    async erase(token, code) {
        await this.ask('DELETE', '/v1/me', token, { code });
    }
    async ask(method, path, token, data, headers) {
        const header = { 'content-type': 'application/json', ...headers };
        if (token !== null)
            header.Authorization = 'Bearer ' + token;
        const options = { url: this.baseUrl + path, method, header, data, dataType: 'json', timeout: this.timeout };
        // WeChat's own time limit comes first; ours is for the case that it never reports.
        const answer = await requested(this.wx, 'request', options, this.timeout + 2000);
        const body = parsed(answer.data);
        if (answer.statusCode >= 200 && answer.statusCode < 300)
            return { body, answer };
        throw refusal(body, answer);
    }
}
function sessionIn(body, answer) {
    if (body && body.status === 'loggedIn' && isText(body.token) && isUser(body.user)) {
        return { token: body.token, user: body.user };
    }
    throw notOurs(answer);
}
function userIn(found, answer) {
    if (isUser(found))
        return found;
    throw notOurs(answer);
}
function refusal(body, answer) {
    const retries = ['none', 'restart', 'getUserInfo', 'getPhoneNumber', 'later'];
    if (!body || !isText(body.code) || retries.indexOf(body.retry) < 0)
        return notOurs(answer);
    return new WeappLoginError({
        code: body.code,
        retry: body.retry,
        status: answer.statusCode,
        detail: String(body.detail || body.title || ''),
        requestId: String(body.requestId || ''),
        retryAfter: secondsToWait(answer)
    });
}
/** Somebody between the phone and the service answered: a proxy that is overloaded, a hotel's sign-in page. */
function notOurs(answer) {
    const status = answer.statusCode;
    const passing = status < 400 || status >= 500 || status === 408 || status === 429;
    return new WeappLoginError({
        code: 'bad_answer',
        retry: passing ? 'later' : 'none',
        status,
        detail: 'status ' + status + ' with an answer that is not the login service\'s',
        requestId: headerOf(answer, 'x-request-id'),
        retryAfter: secondsToWait(answer)
    });
}
/** `Retry-After` in seconds. Its other form, a date, would need a clock that is right. */
function secondsToWait(answer) {
    const value = headerOf(answer, 'retry-after').trim();
    return /^\d{1,9}$/.test(value) ? Number(value) : null;
}
/** wx.request hands over the text itself where it could not parse it, which includes media types some phones skip. */
function parsed(data) {
    if (typeof data !== 'string')
        return data;
    try {
        return JSON.parse(data);
    }
    catch (_) {
        return null;
    }
}
function isText(value) {
    return typeof value === 'string' && value !== '';
}

// authorized-calls
/** WeChat's calls to servers, with the token for addresses that may learn it, and without it for any other. */
class AuthorizedCalls {
    constructor(wx, login, baseUrl, 
    /** As `originOf` writes them. */
    tokenOrigins, socketLimit) {
        this.wx = wx;
        this.login = login;
        this.baseUrl = baseUrl;
        this.tokenOrigins = tokenOrigins;
        this.socketLimit = socketLimit;
    }
    /** `options` with the address in full, and with `token` where it may go. */
    authorize(options, token) {
        const whole = { ...options, url: resolved(this.baseUrl, options.url) };
        if (token === null || !this.takesToken(whole))
            return whole;
        return { ...whole, header: { ...options.header, Authorization: 'Bearer ' + token } };
    }
    send(api, options, onTask) {
        const { success, fail, complete, ...rest } = options;
        return this.withToken({ ...rest, url: resolved(this.baseUrl, rest.url) }, whole => requested(this.wx, api, whole, null, onTask), async (answer) => refusesSession(answer));
    }
    connect(options) {
        const { success, fail, complete, ...rest } = options;
        const url = resolved(this.baseUrl, rest.url).replace(/^http/i, 'ws');
        const limit = options.timeout || this.socketLimit;
        return this.withToken({ ...rest, url }, whole => opened(this.wx, whole, limit).then(task => ({ task }), error => ({ error })), 
        // A phone does not tell a handshake that was refused from one that was lost; the service can tell.
        async (outcome, token) => outcome.error !== undefined && !(await this.login.holds(token))).then(outcome => {
            if (outcome.error !== undefined)
                throw outcome.error;
            return outcome.task;
        });
    }
    async withToken(options, attempt, refused) {
        if (!this.takesToken(options))
            return attempt(options);
        const token = await this.login.token();
        const outcome = await attempt(this.authorize(options, token));
        if (!(await refused(outcome, token)))
            return outcome;
        // Replayed once. A second refusal is the caller's answer: signing in a third time would not change it.
        return attempt(this.authorize(options, await this.login.tokenInsteadOf(token)));
    }
    /** Whether the token may go to this address, and no other proof goes there already. */
    takesToken({ url, header }) {
        const origin = originOf(url);
        const proven = Object.keys(header || {}).some(name => name.toLowerCase() === 'authorization');
        return !proven && origin !== null && this.tokenOrigins.indexOf(origin) >= 0;
    }
}
/**
 * Whether a 401 is about our token: the login service says so in its `code`. A gateway that asks the service before it
 * lets a request through answers with its own page, and with the challenge of RFC 6750. A download's answer is a file,
 * and of an upload's some phones show no header: what cannot be seen is taken for ours, which costs a login at most.
 */
function refusesSession(answer) {
    if (answer.statusCode !== 401)
        return false;
    const body = parsed(answer.data);
    if (body && body.code === 'session_invalid')
        return true;
    const challenge = headerOf(answer, 'www-authenticate');
    if (challenge !== '')
        return /^bearer\b/i.test(challenge);
    return answer.data === undefined || (!answer.header && !body);
}

// kept-session
/**
 * The session, in memory and under one key of the mini program's storage.
 *
 * WeChat separates storage by mini program and by WeChat user, so a phone that changes hands reads nobody else's. A
 * storage that throws, is full or holds something else costs nothing but the session at the next start.
 */
class KeptSession {
    constructor(wx, baseUrl) {
        this.wx = wx;
        this.key = 'weapp-login:' + baseUrl;
        this.current = this.stored();
    }
    /** The session in use, or `null` when signed out. */
    get session() {
        return this.current;
    }
    keep(session) {
        this.current = session;
        try {
            this.wx.setStorageSync(this.key, { token: session.token, user: session.user });
        }
        catch (_) {
            // Full or broken storage: the session lives on in memory.
        }
    }
    forget() {
        this.current = null;
        try {
            this.wx.removeStorageSync(this.key);
        }
        catch (_) {
            // What stays behind is a token that the service refuses at the next start.
        }
    }
    /** Takes over a session that another instance stored since; `refused` is the token known not to hold. */
    adoptOther(refused) {
        const found = this.stored();
        if (!found || found.token === refused)
            return false;
        this.current = found;
        return true;
    }
    stored() {
        try {
            const found = this.wx.getStorageSync(this.key);
            if (found && typeof found.token === 'string' && found.token !== '' && isUser(found.user)) {
                return { token: found.token, user: found.user };
            }
        }
        catch (_) {
            // Unreadable is as good as empty.
        }
        return null;
    }
}

// patience
/** Counts the tries of one piece of work and waits between them. */
class Patience {
    constructor(limits) {
        this.limits = limits;
        this.spent = 0;
    }
    /**
     * Returns when the time for the next try has come.
     *
     * Rejects with `error` itself when there is to be none: its advice is `none` or needs the person, the tries are used up, or the service
     * asks for more time than a person would wait before a screen.
     */
    async afterwards(error) {
        if (!(error instanceof WeappLoginError) || this.spent >= this.limits.retries)
            throw error;
        if (error.retry === 'none' || error.retry === 'getPhoneNumber')
            throw error;
        const asked = (error.retryAfter || 0) * 1000;
        if (asked > this.limits.maxWait)
            throw error;
        const grown = this.limits.retryDelay * Math.pow(2, this.spent);
        // A time-out has cost the person before the screen more time than all pauses together.
        this.spent += error.code === 'timed_out' ? 2 : 1;
        // Jitter, and on top of what the service asked for: phones that were turned away together do not return together.
        const pause = asked + grown * (0.5 + Math.random() / 2);
        await new Promise(resolve => setTimeout(resolve, pause));
    }
}

// own-data
// What chooseAvatar yields, on phones and in the developer tools: nobody but this phone can read it.
const LOCAL_PATH = /^(wxfile|file|blob):|^https?:\/\/(tmp|usr|store)\b|\/__tmp__\//i;
/** What a signed-in person changes about themselves. */
class OwnData {
    constructor(service, login, kept, limits, loginCode) {
        this.service = service;
        this.login = login;
        this.kept = kept;
        this.limits = limits;
        this.loginCode = loginCode;
    }
    /** Signs in by the phone number, registering somebody new with it and binding it to somebody known. */
    async registerByPhone(detail) {
        const proof = phoneProof(detail);
        if (!('code' in proof)) {
            // The older, encrypted number proves nothing to register with, and is read with the session of a login.
            await this.login.login();
            return this.bindPhone(detail);
        }
        const { session, byPhone, answerLost } = await this.login.loginByPhone(proof.code);
        // The number is there already, by this very code: it would not work a second time.
        if ((byPhone || answerLost) && session.user.phone !== null)
            return session.user;
        return this.bindPhone(detail);
    }
    async bindPhone(detail) {
        const proof = phoneProof(detail);
        const before = this.kept.session && this.kept.session.user.phone;
        let answerLost = false;
        return this.changed(async (token) => {
            try {
                return await this.service.bindPhone(token, proof);
            }
            catch (error) {
                if (!(error instanceof WeappLoginError))
                    throw error;
                if (error.code === 'decryption_failed') {
                    // The number was encrypted with a younger session key than the session's. Nothing but a tap yields it again;
                    // signing in anew sees to it that the next tap's number can be read.
                    await this.login.replace(token);
                }
                if (answerLost && error.code === 'phone_code_invalid') {
                    // The code was used by the try whose answer was lost: what counts is whether the number is there.
                    const user = await this.service.me(token);
                    if (user.phone !== null && user.phone !== before)
                        return user;
                }
                answerLost = answerLost || mayHaveHappened(error);
                throw error;
            }
        });
    }
    async updateProfile(change) {
        const { nickname, avatarUrl } = change;
        if (typeof avatarUrl === 'string' && LOCAL_PATH.test(avatarUrl)) {
            const detail = 'avatarUrl is a temporary path on this phone; upload the file and pass its address';
            throw new WeappLoginError({ code: 'avatar_not_uploaded', retry: 'none', detail });
        }
        return this.changed(token => this.service.updateProfile(token, { nickname, avatarUrl }));
    }
    /** Erases the person at the service, and forgets them here. Nobody is registered on the way. */
    async deleteAccount() {
        const patience = new Patience(this.limits);
        let token = await this.login.knownToken(null);
        let replayed = false;
        let answerLost = false;
        let code = '';
        while (token !== null) {
            try {
                code = code || (await this.loginCode());
                await this.service.erase(token, code);
                break;
            }
            catch (error) {
                if (!(error instanceof WeappLoginError))
                    throw error;
                // A refused session spends no code, and WeChat gives few of them a second.
                if (error.code !== 'session_invalid') {
                    code = '';
                    answerLost = answerLost || mayHaveHappened(error);
                    await patience.afterwards(error);
                }
                else {
                    // Erasing ends the session too: the try whose answer was lost has done it.
                    if (answerLost)
                        break;
                    if (replayed)
                        throw error;
                    replayed = true;
                    token = await this.login.knownToken(token);
                }
            }
        }
        this.login.leave();
    }
    async changed(change) {
        const patience = new Patience(this.limits);
        let token = await this.login.token();
        let replayed = false;
        for (;;) {
            try {
                const user = await change(token);
                if (this.kept.session)
                    this.kept.keep({ token: this.kept.session.token, user });
                return user;
            }
            catch (error) {
                if (!(error instanceof WeappLoginError))
                    throw error;
                if (error.code === 'session_invalid' && !replayed) {
                    replayed = true;
                    token = await this.login.tokenInsteadOf(token);
                }
                else {
                    // `restart` is about the code or data of a tap that is over: only the person can repeat that.
                    if (error.retry !== 'later')
                        throw error;
                    await patience.afterwards(error);
                }
            }
        }
    }
}
function phoneProof(detail) {
    const { code, encryptedData, iv, errMsg, errno } = detail || {};
    if (code)
        return { code };
    if (encryptedData && iv)
        return { encryptedData, iv };
    const said = errMsg || 'the event holds neither code nor encryptedData';
    const reason = deniedReason({ errMsg: said, errno });
    throw new WeappLoginError({ code: reason === null ? 'phone_failed' : 'phone_denied', retry: 'none', detail: said, reason });
}

// sign-in
/** Whom the service sees in the person who holds the phone: a session, or a ticket to register with. */
async function exchanged(wx, service, patience, limit) {
    for (;;) {
        try {
            // Every round has its own code: a request that was lost may have used up the one before.
            return await service.login(await loginCode(wx, limit));
        }
        catch (error) {
            await patience.afterwards(error);
        }
    }
}
/** Registers without a tap, in the first of the ticket's ways that works on this phone. */
async function registered({ ticket, ways }, wx, service, patience, limit) {
    let obstacle = null;
    for (const way of ways) {
        try {
            if (way === 'userInfo')
                return await byUserInfo(ticket, wx, service, patience, limit);
            if (way === 'silent')
                return await carriedThrough(() => service.register(ticket, {}), patience);
        }
        catch (error) {
            if (!(error instanceof WeappLoginError) || !leavesTicket(error))
                throw error;
            obstacle = obstacle || error;
        }
    }
    if (obstacle)
        throw explained(obstacle, ways);
    if (ways.indexOf('phone') >= 0) {
        const detail = 'new people are registered by their phone number: registerByPhone';
        throw new WeappLoginError({ code: 'phone_required', retry: 'getPhoneNumber', detail });
    }
    throw new WeappLoginError({ code: 'registration_closed', retry: 'none', detail: 'no way of registering that this client knows' });
}
/** With what a developer does about a privacy guideline that closes the last way: nobody else can, and it stays so for all. */
function explained(obstacle, ways) {
    if (obstacle.reason !== 'privacy_undeclared')
        return obstacle;
    const left = ways.indexOf('phone') < 0 ? 'the service allows no other way' : 'the only other way is registerByPhone, after a tap';
    const detail = obstacle.detail + ' (' + left + '; declare nickname and avatar in the mini program\'s privacy guideline, ' +
        'or add silent to REGISTRATION at the service; it allows ' + ways.join(', ') + ')';
    return new WeappLoginError({ code: obstacle.code, retry: obstacle.retry, detail, reason: obstacle.reason });
}
/** Registers by `step`, repeated as it is while the service says that this may help. */
async function carriedThrough(step, patience) {
    for (;;) {
        try {
            return await step();
        }
        catch (error) {
            // After `later` the same goes again: the data is still that of this ticket's key, the phone code still unspent.
            if (!(error instanceof WeappLoginError) || error.retry !== 'later')
                throw error;
            await patience.afterwards(error);
        }
    }
}
/** Whether the ticket was not touched by what went wrong, so that the next way may use it. */
function leavesTicket({ code }) {
    return code === 'user_info_denied' || code === 'user_info_failed' || code === 'registration_closed';
}
/**
 * `wx.getUserInfo` is called only here, with the ticket in hand, that is after the service exchanged the code: WeChat
 * signs with the session key of the last exchange, and the exchange may be what renews that key.
 */
async function byUserInfo(ticket, wx, service, patience, limit) {
    for (;;) {
        const info = await userInfo(wx, limit);
        try {
            return await carriedThrough(() => service.register(ticket, info), patience);
        }
        catch (error) {
            if (!(error instanceof WeappLoginError) || error.retry !== 'getUserInfo')
                throw error;
            await patience.afterwards(error);
        }
    }
}

// shared-login
/** The one login of this mini program: whoever needs a session while one is being made waits for that one. */
class SharedLogin {
    constructor(wx, service, kept, limits, wxLimit) {
        this.wx = wx;
        this.service = service;
        this.kept = kept;
        this.limits = limits;
        this.wxLimit = wxLimit;
        /** Finding out who holds the phone: part of every login, and all of one that creates nobody. */
        this.looking = null;
        this.entering = null;
        /** Of somebody new who was not registered yet. It may have expired since: the service is who knows. */
        this.ticket = null;
        this.leftOnPurpose = false;
        /** Grows with every logout, so that a login begun before it cannot bring its session back. */
        this.era = 0;
    }
    /** A session that the service confirmed during this call; somebody new is registered for it. */
    login() {
        this.leftOnPurpose = false;
        return this.entered();
    }
    /** The same for somebody known; `null`, and nobody registered, for somebody new. */
    async look() {
        this.leftOnPurpose = false;
        try {
            return await (this.entering ? this.entering.run : this.looked(new Patience(this.limits)));
        }
        catch (error) {
            // Of somebody new: the login that this one joined could not register them, or nobody new is taken at all.
            const closed = error instanceof WeappLoginError && error.code === 'registration_closed';
            if (closed || this.ticket !== null)
                return null;
            throw error;
        }
    }
    /**
     * A session, and whether the phone number behind `code` registered it. Where the service does not register by phone,
     * somebody new is registered without a tap, for the number to be bound afterwards.
     */
    async loginByPhone(code) {
        this.leftOnPurpose = false;
        // What is under way may fail without the number, or make it one to bind.
        while (this.entering)
            await this.entering.run.catch(() => { });
        let byPhone = false;
        let answerLost = false;
        const session = await this.entered(async (ticket, patience) => {
            if (ticket.ways.indexOf('phone') < 0)
                return this.registeredSilently(ticket, patience);
            const session = await carriedThrough(async () => {
                try {
                    return await this.service.register(ticket.ticket, { phoneCode: code });
                }
                catch (error) {
                    answerLost = answerLost || mayHaveHappened(error);
                    throw error;
                }
            }, patience);
            byPhone = true;
            return session;
        });
        return { session, byPhone, answerLost };
    }
    /** The token in use; signs in first when there is none. Rejects with `signed_out` after a logout. */
    async token() {
        const session = this.kept.session;
        return session ? session.token : (await this.resumed()).token;
    }
    /** A token in place of `refused`. However many callers had theirs refused, they share one login. */
    async tokenInsteadOf(refused) {
        const session = this.kept.session;
        if (session && session.token !== refused)
            return session.token;
        if (session && this.kept.adoptOther(refused))
            return this.token();
        if (session)
            this.kept.forget();
        return (await this.resumed()).token;
    }
    /** Like `tokenInsteadOf`, but registers nobody: `null` where nobody is known. */
    async knownToken(refused) {
        const session = this.kept.session;
        if (session && session.token !== refused)
            return session.token;
        if (session)
            this.kept.forget();
        if (this.leftOnPurpose)
            throw signedOut();
        const found = await this.look();
        return found && found.token;
    }
    /** Whether the service still knows `token`; also when it cannot be asked. */
    async holds(token) {
        return this.service.userOfSession(token).then(() => true, error => error.code !== 'session_invalid');
    }
    /** Signs in anew although the session holds: its session key on the server is older than WeChat's. */
    async replace(token) {
        await this.tokenInsteadOf(token);
        this.service.endSession(token).catch(() => { });
    }
    /** Forgets the session at once; the value tells whether the service confirmed its end. */
    async logout() {
        const session = this.kept.session;
        this.leave();
        return session === null || this.ended(session.token);
    }
    /** Forgets the session, and sees to it that nothing but a login on purpose makes another. */
    leave() {
        this.leftOnPurpose = true;
        this.era += 1;
        this.looking = null;
        this.entering = null;
        this.ticket = null;
        this.kept.forget();
    }
    resumed() {
        if (this.leftOnPurpose)
            return Promise.reject(signedOut());
        return this.entered();
    }
    entered(byPhone) {
        const underWay = this.entering;
        // A tap that failed is that tap's caller's to hear of; this one has its own try.
        if (underWay)
            return underWay.byPhone ? underWay.run.catch(() => this.entered()) : underWay.run;
        const register = byPhone || ((ticket, patience) => this.registeredSilently(ticket, patience));
        const run = this.obtained(register, this.era);
        this.entering = { run, byPhone: byPhone !== undefined };
        const done = () => {
            if (this.entering && this.entering.run === run)
                this.entering = null;
        };
        run.then(done, done);
        return run;
    }
    async obtained(register, era) {
        const patience = new Patience(this.limits);
        let ofBefore = this.kept.session === null && this.looking === null && this.ticket !== null;
        for (;;) {
            const found = ofBefore ? null : await this.looked(patience);
            if (era !== this.era)
                throw signedOut();
            if (found)
                return found;
            try {
                return this.admitted(await register(this.ticket, patience), era);
            }
            catch (error) {
                if (era !== this.era)
                    throw signedOut();
                if (!(error instanceof WeappLoginError) || error.retry !== 'restart')
                    throw error;
                this.ticket = null;
                // A ticket that waited for the person may well have expired: that is no failure to recover from.
                if (!ofBefore || error.code !== 'ticket_invalid')
                    await patience.afterwards(error);
                ofBefore = false;
            }
        }
    }
    registeredSilently(ticket, patience) {
        return registered(ticket, this.wx, this.service, patience, this.wxLimit);
    }
    looked(patience) {
        if (this.looking)
            return this.looking;
        const run = this.found(patience, this.era);
        this.looking = run;
        const done = () => {
            if (this.looking === run)
                this.looking = null;
        };
        run.then(done, done);
        return run;
    }
    async found(patience, era) {
        const confirmed = await this.confirmed(patience);
        if (era !== this.era)
            throw signedOut();
        if (confirmed)
            return confirmed;
        this.ticket = null;
        const outcome = await exchanged(this.wx, this.service, patience, this.wxLimit);
        if ('session' in outcome)
            return this.admitted(outcome.session, era);
        if (era !== this.era)
            throw signedOut();
        this.ticket = outcome;
        return null;
    }
    admitted(session, era) {
        if (era !== this.era) {
            this.service.endSession(session.token).catch(() => { });
            throw signedOut();
        }
        this.ticket = null;
        this.kept.keep(session);
        return session;
    }
    /** The kept session as the service sees it today; `null` when there is none that holds. */
    async confirmed(patience) {
        const session = this.kept.session;
        if (!session)
            return null;
        for (;;) {
            try {
                const user = await this.service.userOfSession(session.token);
                if (!this.keeps(session.token))
                    return null;
                this.kept.keep({ token: session.token, user });
                return this.kept.session;
            }
            catch (error) {
                const known = error instanceof WeappLoginError ? error : null;
                const over = known !== null && (known.code === 'session_invalid' || known.code === 'user_suspended');
                if (over && this.keeps(session.token))
                    this.kept.forget();
                if (known !== null && known.code === 'session_invalid')
                    return null;
                await patience.afterwards(error);
            }
        }
    }
    keeps(token) {
        return this.kept.session !== null && this.kept.session.token === token;
    }
    async ended(token) {
        // Two tries: somebody who left does not wait for what no longer concerns this phone.
        const patience = new Patience({ ...this.limits, retries: Math.min(1, this.limits.retries) });
        for (;;) {
            try {
                await this.service.endSession(token);
                return true;
            }
            catch (error) {
                if (error instanceof WeappLoginError && error.code === 'session_invalid')
                    return true;
                try {
                    await patience.afterwards(error);
                }
                catch (_) {
                    return false;
                }
            }
        }
    }
}
function signedOut() {
    return new WeappLoginError({ code: 'signed_out', retry: 'none', detail: 'logout() was called; login() signs in again' });
}

// client
/**
 * The client for one login service. Its methods may be taken out of the object.
 *
 * Throws a `TypeError` when `baseUrl` or one of `tokenOrigins` is no plain http or https address, or when there is no `wx`.
 */
function createWeappLogin(options) {
    const api = options.wx || globalWx();
    const baseUrl = String(options.baseUrl).replace(/\/+$/, '');
    const tokenOrigins = [baseUrl, ...(options.tokenOrigins || [])].map(checkedOrigin);
    const timeout = given(options.timeout, 15000);
    const limits = {
        retries: given(options.retries, 4),
        retryDelay: given(options.retryDelay, 500),
        maxWait: given(options.maxWait, 10000)
    };
    const kept = new KeptSession(api, baseUrl);
    const service = new Service(api, baseUrl, options.appId || ownAppId(api), timeout);
    const login = new SharedLogin(api, service, kept, limits, timeout);
    const calls = new AuthorizedCalls(api, login, baseUrl, tokenOrigins, timeout);
    const ownData = new OwnData(service, login, kept, limits, () => loginCode(api, timeout));
    return {
        login: ((how) => how && how.create === false
            ? login.look().then(session => session && session.user)
            : login.login().then(session => session.user)),
        registerByPhone: detail => ownData.registerByPhone(detail),
        request: (request, onTask) => calls.send('request', request, onTask),
        upload: (upload, onTask) => calls.send('uploadFile', upload, onTask),
        download: (download, onTask) => calls.send('downloadFile', download, onTask),
        connectSocket: socket => calls.connect(socket),
        authorize: call => calls.authorize(call, kept.session && kept.session.token),
        bindPhone: detail => ownData.bindPhone(detail),
        updateProfile: change => ownData.updateProfile(change),
        logout: () => login.logout(),
        deleteAccount: () => ownData.deleteAccount(),
        get user() {
            return kept.session && kept.session.user;
        }
    };
}
/** Whether an error is one of this client; `instanceof` can fail where two copies of the package are loaded. */
function isWeappLoginError(error) {
    return typeof error === 'object' && error !== null && error.name === 'WeappLoginError';
}
function globalWx() {
    if (typeof wx === 'undefined')
        throw new TypeError('weapp-login: no global wx; pass one as the option wx');
    return wx;
}
function checkedOrigin(address) {
    const origin = originOf(address);
    if (origin === null)
        throw new TypeError('weapp-login: not a plain http or https address: ' + address);
    return origin;
}
function given(value, otherwise) {
    return value === undefined ? otherwise : value;
}
function ownAppId(api) {
    try {
        return api.getAccountInfoSync && api.getAccountInfoSync().miniProgram.appId;
    }
    catch (_) {
        // The service takes the only mini program it knows.
        return undefined;
    }
}

export { createWeappLogin, isWeappLoginError, WeappLoginError };
