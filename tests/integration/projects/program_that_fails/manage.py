import sys

print("reading the configuration")
sys.exit("SHOP_SECRET is not set")
