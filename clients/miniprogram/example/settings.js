module.exports = {
  // Where weapp-login is. On a phone this is an https address, listed in the console among the request domains.
  baseUrl: 'http://127.0.0.1:8080',
  // Where an avatar is uploaded to, as a form with one `file` and the person's token; the answer is {"url": "https://…"}.
  // This is your own server's: weapp-login keeps an address, not pictures. Empty: the avatar button says so.
  avatarUploadUrl: ''
}
