import Engine
import Sessions
