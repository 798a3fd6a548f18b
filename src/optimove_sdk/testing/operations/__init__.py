"""What each function of Optimove does. Importing this registers them all."""

from . import actions as actions
from . import attributes as attributes
from . import campaigns as campaigns
from . import catalogue as catalogue
from . import changers as changers
from . import channels as channels
from . import customers as customers
from . import events as events
from . import general as general
from . import integrations as integrations
from . import interactions as interactions
from . import mail as mail
from . import preferences as preferences
from . import products as products
from . import targeted as targeted
from . import unsubscribers as unsubscribers
