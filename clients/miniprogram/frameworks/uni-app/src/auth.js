import { createWeappLogin } from 'weapp-login-client'

export const auth = createWeappLogin({ baseUrl: 'https://login.example.com' })
