print("erratum")
