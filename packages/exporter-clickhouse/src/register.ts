import { register } from './register/start.js'

register()
